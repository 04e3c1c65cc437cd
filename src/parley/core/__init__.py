"""The trusted core of Parley, in three readings of an afternoon each.

What a module uses stands before it. `make core-size` prints the readings with their lines; a test
holds this order, and each reading below 2,000 lines.

**First: who may speak, and what stands in the record.**

- `errors`: what can go wrong, and by whose hand
- `wire`: one encoding per value
- `keys`: keys that sign, and keys a secret is sealed to
- `suites`, `terms`: what an agreement fixes for one line
- `entry`: what may be said
- `kept`, `record`: what must be durable; two logs, their leaves, and the heads both sign
- `identity`, `agreement`, `succession`: letters, what both parties sign, and keys that are lost

**Second: one entry, from hand to hand.**

- `seal`: from one shared secret to one key per entry
- `packets`, `opening`: what is said about a line, and how one direction begins
- `resuming`, `effects`: how a line begins anew; what is to be done, in order
- `speaking`, `hearing`: an entry is numbered, sealed and sent; it is opened and joins the record

**Third: a line that lives.**

- `vouching`, `heads`: what both sign for, or only vouch for
- `pulse`, `rekeying`: when packets leave, and fresh keys for a direction
- `greeting`, `closing`: the first words of a line, and the last
- `line`, `life`: all of it together, and from one incarnation to the next

It does no input or output, reads no clock and draws no chance: time and entropy come in at the
door, effects go out as data. It imports `cryptography` and pure parts of the standard library.
"""
