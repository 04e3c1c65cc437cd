"""One station: the step loop that joins core, store, bearers and the people on watch."""
