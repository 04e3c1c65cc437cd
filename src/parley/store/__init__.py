"""Where a station keeps its record, queue and keys: durable before anything is sent or shown."""
