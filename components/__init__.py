"""Components: pure functions from a frame or a domain object to a figure or a Dash component; they fetch nothing.

`tokens` holds every colour and size, `words` the catalogue of words, `icons` the symbols; `shell` draws the frame
around every page (navigation, header, banner). Cards, charts, range bar and states each have a module of their own.
"""
