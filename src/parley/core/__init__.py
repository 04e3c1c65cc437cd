"""The trusted core of Parley. Read it in this order; it is meant for one afternoon.

1. `errors`    what can go wrong, and by whose hand
2. `wire`      one encoding per value
3. `keys`      keys that sign, and keys a secret is sealed to
4. `identity`, `agreement`, `succession`  letters, what both parties sign, and keys that are lost
5. `suites`, `terms`  what an agreement fixes for one line
6. `seal`      from one shared secret to one key per entry
7. `entry`     what may be said
8. `record`, `vouching`  two logs, their leaves, and the heads both sign, or only vouch for
9. `opening`, `packets`  how a line begins, and what is said about it
10. `kept`, `effects`    what must be durable, and what is to be done, in order
11. `speaking`, `hearing`, `heads`, `rekeying`, `pulse`, `greeting`, `closing`, `line`  the machine
12. `resuming`, `life`  from one incarnation of a line to the next

It does no input or output, reads no clock and draws no chance: time and entropy come in at the
door, effects go out as data. It imports `cryptography` and pure parts of the standard library.
"""
