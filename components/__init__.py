"""Parts of pages: a frame or a domain object in, a figure or a Dash component out; nothing is fetched here.

`tokens` colours and sizes - `words` the catalogue - `icons` - `numbers` figures and times as text
`templates` the look of Plotly - `graph` THE graph factory - `time_axis`, `time_series`, `plan_chart` figures
`cards`, `badges`, `now_bar`, `share_bar`, `range_bar`, `tables`, `states` parts - `shell` what stands around every page
"""
