"""The pages a watch officer, drafter or releaser works with."""
