"""The press: prints the chapters as a site and as notebooks.

A chapter goes through it in this order: `manuscript` reads and weaves it,
`runs` executes its cells or takes the run that is kept, `page` makes the
Markdown of its page and `notebook` the file to download, `site` puts the
book together. MkDocs calls it through `hook`.
"""
