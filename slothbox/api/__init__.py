"""The energy API over HTTP: the base contract that customers' servers speak, and the extensions the app uses.

- `server`      the entry point for gunicorn
- `app`         puts the routes together and turns every error into JSON with one sentence
- `context`     what the routes work with: accounts, tokens, history, clocks
- `guard`       who asks, and whether that project is theirs
- `answer`      JSON answers, `query` their parameters, `limits` how often one may try to sign in
- `sign_in`, `catalogue`, `measurements`, `market`, `edge`   the routes
"""
