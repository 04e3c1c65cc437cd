"""What can be asked of a station: by whom, how it is answered, and the trail that it leaves."""
