"""Coverage-guided fuzzing of every parser: `make fuzz`, or `python -m fuzz TARGET`.

A target is a function of bytes that raises when something is wrong: anything but the documented
refusal, a reading that does not write the same bytes again, memory without bound. The targets know
nothing of the fuzzer, so every input of `corpus/` is also a test on every Python (tests/fuzz).

`values`    codec, packets, bodies, texts, frames on a stream
`papers`    letters, certificates, agreements, secrets, files that people carry, evidence
`lines`     a line in service, by strangers and by a counterpart that lies with true keys
`lives`     what a RESUME may say, by strangers and under true signatures
`stations`  what an authentic counterpart writes, as a station notes and shows it; control socket
            and forms
"""
