"""One module a page: what it asks the station, and what it does with the answer."""
