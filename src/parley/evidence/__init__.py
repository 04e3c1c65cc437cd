"""The auditor's half: check an exported record offline, with both parties' signed documents alone.

1. `sections`  the text of evidence, cut into its parts
2. `audit`     every leaf, every head, every signature; the first that fails is named
3. `proof`     one entry without the others
4. `growth`    only what is new since the last verification
5. `vouched`   heads of a deniable line, which bear a code that both parties can make

It needs no station and nothing of a line that runs: of the trusted core it uses the documents, the
leaves and the heads. Like the core it reads no clock and imports nothing else but `cryptography`.
"""
