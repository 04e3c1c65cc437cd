// Checks evidence and proofs of Parley with Go's own transparency log code.
//
//	check [-change N] FILE...
//
// Written from spec/record.md, identity.md, keys.md and wire.md alone; trees, proofs and notes are
// those of golang.org/x/mod/sumdb, signatures those of crypto/ed25519. It checks leaves, joint
// order, every root, inclusion, consistency and every Ed25519 signature; ML-DSA halves are left to
// check.mjs. With -change it also changes one byte N times and expects to refuse each.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// --- wire.md: the subset of CBOR, in its only form

type reader struct {
	data []byte
	err  error
}

func (r *reader) fail(why string) { r.err, r.data = errors.New(why), nil }

func (r *reader) take(count uint64) []byte {
	if r.err != nil || count > uint64(len(r.data)) {
		r.fail("the bytes break off")
		return nil
	}
	taken := r.data[:count]
	r.data = r.data[count:]
	return taken
}

func (r *reader) uint(width uint64) uint64 {
	number := uint64(0)
	for _, b := range r.take(width) {
		number = number<<8 | uint64(b)
	}
	return number
}

func (r *reader) uvar() uint64 {
	number, used := binary.Uvarint(r.data)
	if used <= 0 || (used > 1 && r.data[used-1] == 0) {
		r.fail("not an uvar")
		return 0
	}
	r.take(uint64(used))
	return number
}

func (r *reader) item(depth int) interface{} {
	first := r.uint(1)
	major, number := first>>5, first&31
	if r.err != nil || depth == 0 {
		r.fail("the value breaks off or is nested too deep")
		return nil
	}
	if major == 7 {
		switch number {
		case 20, 21:
			return number == 21
		case 22:
			return nil
		}
		r.fail("a value of no type we use")
		return nil
	}
	if number >= 24 {
		if number > 27 {
			r.fail("an indefinite length")
			return nil
		}
		width := uint64(1) << (number - 24)
		least := uint64(24)
		if width > 1 {
			least = 1 << (4 * width)
		}
		if number = r.uint(width); number < least {
			r.fail("a number not in its shortest form")
			return nil
		}
	}
	switch major {
	case 0:
		return number
	case 2:
		return r.take(number)
	case 3:
		return string(r.take(number))
	case 4:
		var items []interface{}
		for ; number > 0 && r.err == nil; number-- {
			items = append(items, r.item(depth-1))
		}
		return items
	case 5:
		items := map[uint64]interface{}{}
		for ; number > 0 && r.err == nil; number-- {
			key, ok := r.item(depth - 1).(uint64)
			if !ok {
				r.fail("a key that is no number")
			}
			items[key] = r.item(depth - 1)
		}
		return items
	}
	r.fail("a type we do not use")
	return nil
}

func decode(data []byte) (interface{}, error) {
	r := &reader{data: data}
	value := r.item(9)
	if r.err == nil && len(r.data) > 0 {
		r.fail("bytes follow the value")
	}
	return value, r.err
}

// --- identity.md and keys.md: what the documents say, and the Ed25519 half of their signatures

type line struct {
	id        []byte
	inc       uint32
	agreed    []byte // the agreement's hash
	began     []byte // what entry 0 says of a later incarnation (resume.md N6); nil in the first
	station   [2]ed25519.PublicKey
	log       [2]ed25519.PublicKey
	cosigner  [2]ed25519.PublicKey
	verifiers [2]note.Verifiers // of heads of A's log and of B's
}

func keyID(name string, algorithm byte, key []byte) []byte {
	hash := sha256.Sum256(append([]byte(name+"\n"+string(rune(algorithm))), key...))
	return hash[:4]
}

// The Ed25519 signature that a block begins with (K3, K4).
func checkBlock(block []byte, name string, key ed25519.PublicKey, message []byte) error {
	r := &reader{data: block}
	r.uint(1)
	algorithm, id, signature := r.uint(1), r.take(4), r.take(64)
	if r.err != nil || algorithm != 1 || !bytes.Equal(id, keyID(name, 1, key)) {
		return errors.New("the block does not begin with the Ed25519 signature required")
	}
	if !ed25519.Verify(key, message, signature) {
		return errors.New("a signature does not verify")
	}
	return nil
}

func document(file []byte, label string) (fields map[uint64]interface{}, message, blocks []byte, err error) {
	r := &reader{data: file}
	body := r.take(r.uvar())
	if r.err != nil {
		return nil, nil, nil, r.err
	}
	value, err := decode(body)
	fields, ok := value.(map[uint64]interface{})
	if err == nil && !ok {
		err = errors.New("a document that is no map")
	}
	return fields, append([]byte(label), body...), r.data, err
}

const rootBlockBytes = 1 + 5 + 64 + 5 + 3309

func readDocuments(agreement, letterA, letterB []byte) (found *line, err error) {
	defer func() { // a field of another type than the page gives it
		if problem := recover(); problem != nil {
			err = fmt.Errorf("a document does not have the fields it should have: %v", problem)
		}
	}()
	fields, message, blocks, err := document(agreement, "parley agreement v1")
	if err != nil {
		return nil, err
	}
	prints := fields[6].([]interface{})
	named := bytes.Join([][]byte{[]byte("parley line v1"), prints[0].([]byte), prints[1].([]byte), fields[2].([]byte)}, nil)
	hash := sha256.Sum256(named) // I11
	agreed := sha256.Sum256(message)
	found = &line{id: hash[:16], inc: uint32(fields[3].(uint64)), agreed: agreed[:]}
	for side, letter := range [][]byte{letterA, letterB} {
		given, signed, signatures, err := document(letter, "parley letter v1")
		if err != nil {
			return nil, err
		}
		root := given[3].([]interface{})[0].([]byte)
		if err := checkBlock(signatures, "parley.invalid/root", root, signed); err != nil {
			return nil, fmt.Errorf("letter of %c: %v", 'A'+side, err)
		}
		if err := checkBlock(blocks[side*rootBlockBytes:], "parley.invalid/root", root, message); err != nil {
			return nil, fmt.Errorf("agreement, signature of %c: %v", 'A'+side, err)
		}
		first := given[5].([]interface{})[0].([]interface{})
		packed, block := first[0].([]byte), first[1].([]byte)
		if err := checkBlock(block, "parley.invalid/root", root, append([]byte("parley certificate v1"), packed...)); err != nil {
			return nil, fmt.Errorf("certificate of %c: %v", 'A'+side, err)
		}
		value, err := decode(packed)
		if err != nil {
			return nil, err
		}
		certificate := value.(map[uint64]interface{})
		found.station[side] = certificate[3].([]interface{})[0].([]byte)
		found.log[side] = certificate[4].([]interface{})[0].([]byte)
		found.cosigner[side] = certificate[5].([]interface{})[0].([]byte)
	}
	for dir := range found.verifiers {
		vkey, err := note.NewEd25519VerifierKey(found.name(dir, "log"), found.log[dir])
		if err != nil {
			return nil, err
		}
		speaker, err := note.NewVerifier(vkey)
		if err != nil {
			return nil, err
		}
		found.verifiers[dir] = note.VerifierList(speaker, &cosigner{found.name(1-dir, "cosigner"), found.cosigner[1-dir]})
	}
	return found, nil
}

// A RESUME of one side, and the Ed25519 half of its signature (resume.md N1).
type resume struct {
	inc, of   uint64
	own, held end
}

type end struct {
	size uint64
	root []byte
}

func (l *line) readResume(data []byte, side int) (found *resume, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("resume %c does not have the fields it should have: %v", 'A'+side, problem)
		}
	}()
	r := &reader{data: data}
	body := r.take(r.uvar())
	if r.err != nil {
		return nil, r.err
	}
	value, err := decode(body)
	if err != nil {
		return nil, err
	}
	fields := value.([]interface{})
	found = &resume{
		inc: fields[2].(uint64), of: fields[5].(uint64),
		own:  end{fields[6].(uint64), fields[7].([]byte)},
		held: end{fields[8].(uint64), fields[9].([]byte)},
	}
	if len(fields) != 12 || fields[0].(uint64) != 1 || !bytes.Equal(fields[1].([]byte), l.id) ||
		fields[3].(uint64) != uint64(side) || !bytes.Equal(fields[4].([]byte), l.agreed) ||
		found.of < uint64(l.inc) || found.of >= found.inc || found.inc >= 1<<32 {
		return nil, fmt.Errorf("resume %c is not of this line", 'A'+side)
	}
	hash := sha256.Sum256(body)
	signed := append([]byte("pl1 resume"), hash[:]...)
	if err := checkBlock(r.data, l.name(side, "station"), l.station[side], signed); err != nil {
		return nil, fmt.Errorf("resume %c: %v", 'A'+side, err)
	}
	return found, nil
}

// A later incarnation: its number, and what its entries 0 say (N4, N6, R22).
func (l *line) beginAnew(packed [2][]byte) error {
	a, err := l.readResume(packed[0], 0)
	if err != nil {
		return err
	}
	b, err := l.readResume(packed[1], 1)
	if err != nil {
		return err
	}
	if a.inc != b.inc {
		return errors.New("the two RESUMEs begin two incarnations")
	}
	of, ends := a.of, [2]end{longer(b.held, a.own), longer(a.held, b.own)}
	if a.of > b.of {
		ends = [2]end{a.own, a.held}
	} else if b.of > a.of {
		of, ends = b.of, [2]end{b.held, b.own}
	}
	l.inc = uint32(a.inc)
	l.began = append([]byte{0x82, 0xa0, 0x84, 0x02}, shortest(of)...)
	for _, each := range ends {
		l.began = append(l.began, 0x82)
		l.began = append(append(l.began, shortest(each.size)...), 0x58, 0x20)
		l.began = append(l.began, each.root...)
	}
	return nil
}

// Of equal sizes what the reader holds counts.
func longer(held, own end) end {
	if own.size > held.size {
		return own
	}
	return held
}

// A number in CBOR, in its only form (wire.md).
func shortest(n uint64) []byte {
	switch {
	case n < 24:
		return []byte{byte(n)}
	case n < 1<<8:
		return []byte{0x18, byte(n)}
	case n < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{0x19}, uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32([]byte{0x1a}, uint32(n))
	}
	return binary.BigEndian.AppendUint64([]byte{0x1b}, n)
}

func (l *line) name(side int, key string) string {
	return fmt.Sprintf("parley.invalid/%x/%c/%s", l.id, 'A'+side, key)
}

// A cosignature's verifier (C2SP tlog-cosignature, type 04), for Go's notes.
type cosigner struct {
	name string
	key  ed25519.PublicKey
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return binary.BigEndian.Uint32(keyID(c.name, 4, c.key)) }
func (c *cosigner) Verify(message, signature []byte) bool {
	if len(signature) != 8+64 {
		return false
	}
	head := fmt.Sprintf("cosignature/v1\ntime %d\n", binary.BigEndian.Uint64(signature))
	return ed25519.Verify(c.key, append([]byte(head), message...), signature[8:])
}

// --- record.md: leaves, trees, heads

type entry struct {
	dir, kind, marks byte
	n, seen          uint64
	time             uint32
	et, blind, body  []byte
	leaf, rootAtSeen []byte
}

func (l *line) leafOf(e *entry, seenRoot []byte) tlog.Hash {
	committed := e.body
	if e.blind != nil {
		hash := sha256.Sum256(bytes.Join([][]byte{{2}, e.blind, e.body}, nil))
		committed = hash[:]
	}
	data := append([]byte{1}, l.id...)
	data = binary.BigEndian.AppendUint32(data, l.inc)
	data = append(data, e.dir)
	data = binary.BigEndian.AppendUint64(data, e.n)
	data = append(data, e.kind, e.marks)
	data = binary.BigEndian.AppendUint32(data, e.time)
	data = binary.BigEndian.AppendUint64(data, e.seen)
	data = append(append(append(data, seenRoot...), e.et...), committed...)
	return tlog.RecordHash(data) // R1: 00 before the 140 bytes
}

// Go's stored hashes of one log, and the roots they give.
type log []tlog.Hash

func (l *log) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for at, index := range indexes {
		if index >= int64(len(*l)) {
			return nil, errors.New("no such hash")
		}
		found[at] = (*l)[index]
	}
	return found, nil
}

func (l *log) append(n int64, leaf tlog.Hash) error {
	hashes, err := tlog.StoredHashesForRecordHash(n, leaf, l)
	*l = append(*l, hashes...)
	return err
}

func (l *log) root(size int64) (tlog.Hash, error) {
	if size == 0 {
		return sha256.Sum256(nil), nil
	}
	return tlog.TreeHash(size, l)
}

func (l *line) noteText(dir int, size int64, root string) string {
	return fmt.Sprintf("%s\n%d\n%s\n", l.name(dir, strconv.Itoa(int(l.inc))), size, root)
}

// The signatures of a block as lines of a note (R8, R9).
func noteLines(name string, block []byte, time uint64) (string, error) {
	r, lines := &reader{data: block}, ""
	for count := r.uint(1); count > 0 && r.err == nil; count-- {
		algorithm := r.uint(1)
		packed := append([]byte{}, r.take(4)...)
		if algorithm != 1 {
			packed = binary.BigEndian.AppendUint64(packed, time)
		}
		length := uint64(64)
		switch algorithm {
		case 6:
			length = 2420
		case 10: // suites.md U5: C2SP knows no such type, so Go's notes pass over it
			length = 4627
		}
		packed = append(packed, r.take(length)...)
		lines += fmt.Sprintf("— %s %s\n", name, base64.StdEncoding.EncodeToString(packed))
	}
	if r.err == nil && len(r.data) > 0 {
		r.fail("bytes follow the block")
	}
	return lines, r.err
}

type head struct {
	dir  int
	size int64
	root tlog.Hash
}

var headForm = regexp.MustCompile(`^([AB]) (\d+) (checkpoint|cosign) (\d+) (\S+) (\S+)$`)

func (l *line) readHead(text string) (*head, error) {
	found := headForm.FindStringSubmatch(text)
	if found == nil {
		return nil, fmt.Errorf("not a head: %.60s", text)
	}
	dir := strings.Index("AB", found[1])
	size, err := strconv.ParseInt(found[2], 10, 64)
	if err != nil {
		return nil, err
	}
	time, err := strconv.ParseUint(found[4], 10, 64)
	if err != nil {
		return nil, err
	}
	root, err := tlog.ParseHash(found[5])
	if err != nil {
		return nil, err
	}
	block, err := base64.StdEncoding.Strict().DecodeString(found[6])
	if err != nil {
		return nil, err
	}
	name := l.name(dir, "log")
	if found[3] == "cosign" {
		name = l.name(1-dir, "cosigner")
	}
	lines, err := noteLines(name, block, time)
	if err != nil {
		return nil, err
	}
	if _, err := note.Open([]byte(l.noteText(dir, size, found[5])+"\n"+lines), l.verifiers[dir]); err != nil {
		return nil, fmt.Errorf("head of %s at %d: %v", found[1], size, err)
	}
	return &head{dir, size, root}, nil
}

func readEntry(text string) (*entry, error) {
	parts := strings.Split(text, " ")
	if len(parts) != 3 {
		return nil, fmt.Errorf("not an entry: %.60s", text)
	}
	packed, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil {
		return nil, err
	}
	value, err := decode(packed)
	if err != nil {
		return nil, err
	}
	fields, _ := value.([]interface{})
	if len(fields) != 10 {
		return nil, errors.New("an entry has ten fields")
	}
	var numbers [6]uint64
	for at, limit := range []uint64{1, 1<<64 - 1, 255, 255, 1<<32 - 1, 1<<64 - 1} {
		number, ok := fields[at].(uint64)
		if !ok || number > limit {
			return nil, errors.New("a field of an entry is out of range")
		}
		numbers[at] = number
	}
	e := &entry{dir: byte(numbers[0]), n: numbers[1], kind: byte(numbers[2]), marks: byte(numbers[3]), time: uint32(numbers[4]), seen: numbers[5]}
	e.et, _ = fields[6].([]byte)
	e.blind, _ = fields[7].([]byte)
	e.body, _ = fields[8].([]byte)
	e.leaf, _ = fields[9].([]byte)
	shown := len(e.blind) == 32 || (fields[7] == nil && len(e.body) == 32)
	if len(e.et) != 32 || len(e.leaf) != 32 || !shown || e.body == nil {
		return nil, errors.New("a hash of an entry has the wrong length")
	}
	if parts[0] != string(rune('A'+e.dir)) || parts[1] != strconv.FormatUint(e.n, 10) {
		return nil, errors.New("the beginning of a line and its content disagree")
	}
	return e, nil
}

// --- the two kinds of file

func cut(text, name, following string) (string, string, error) {
	before, after, found := strings.Cut(text, "\n--- "+following+"\n")
	if !found {
		return "", "", fmt.Errorf("%s: the section after it, %s, does not begin", name, following)
	}
	return before, after, nil
}

func sections(text string, names ...string) (map[string]string, error) {
	found, name := map[string]string{}, "preamble"
	for _, following := range names {
		before, after, err := cut(text, name, following)
		if err != nil {
			return nil, err
		}
		found[name], text, name = before, after, following
	}
	found[name] = text
	return found, nil
}

// The sections of documents before those named, with both RESUMEs where the incarnation began by them.
func withDocuments(text string, names ...string) (map[string]string, error) {
	before := []string{"agreement", "letter A", "letter B"}
	if strings.Contains(text, "\n--- resume A\n") {
		before = append(before, "resume A", "resume B")
	}
	return sections(text, append(before, names...)...)
}

func documents(found map[string]string) (*line, error) {
	var raw [5][]byte
	names := []string{"agreement", "letter A", "letter B", "resume A", "resume B"}
	if _, later := found["resume A"]; !later {
		names = names[:3]
	}
	for at, name := range names {
		data, err := base64.StdEncoding.Strict().DecodeString(strings.ReplaceAll(found[name], "\n", ""))
		if err != nil {
			return nil, fmt.Errorf("%s: %v", name, err)
		}
		raw[at] = data
	}
	l, err := readDocuments(raw[0], raw[1], raw[2])
	if err == nil && len(names) == 5 {
		err = l.beginAnew([2][]byte{raw[3], raw[4]})
	}
	return l, err
}

func lines(section string) []string {
	if section == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(section, "\n"), "\n")
}

func checkEvidence(text string) (string, error) {
	found, err := withDocuments(text, "heads", "entries", "end")
	if err != nil {
		return "", err
	}
	l, err := documents(found)
	if err != nil {
		return "", err
	}
	var logs [2]log
	var leaves [2][]tlog.Hash
	last := [2]uint64{}
	for _, text := range lines(found["entries"]) {
		e, err := readEntry(text)
		if err != nil {
			return "", err
		}
		ours, theirs := e.dir, 1-e.dir
		order := [2]uint64{e.n + 1 + e.seen, uint64(e.dir)} // R6
		if e.n != uint64(len(leaves[ours])) || e.seen > uint64(len(leaves[theirs])) ||
			order[0] < last[0] || (order[0] == last[0] && order[1] <= last[1]) {
			return "", fmt.Errorf("entry %c %d is out of place", 'A'+ours, e.n)
		}
		last = order
		root, err := logs[theirs].root(int64(e.seen))
		if err != nil {
			return "", err
		}
		leaf := l.leafOf(e, root[:])
		if !bytes.Equal(leaf[:], e.leaf) {
			return "", fmt.Errorf("entry %c %d: its content does not give its leaf", 'A'+ours, e.n)
		}
		if e.n == 0 && l.began != nil && e.blind != nil && !bytes.Equal(e.body, l.began) {
			return "", fmt.Errorf("entry %c 0 says that the line had ended elsewhere", 'A'+ours)
		}
		leaves[ours] = append(leaves[ours], leaf)
		if err := logs[ours].append(int64(e.n), leaf); err != nil {
			return "", err
		}
	}
	proofs := 0
	before := [2]*head{}
	for _, text := range lines(found["heads"]) {
		h, err := l.readHead(text)
		if err != nil {
			return "", err
		}
		if h.size > int64(len(leaves[h.dir])) {
			return "", fmt.Errorf("a head signed for %d entries, which are not all here", h.size)
		}
		root, err := logs[h.dir].root(h.size)
		if err != nil || root != h.root {
			return "", fmt.Errorf("head of %c at %d: the entries do not give its root", 'A'+h.dir, h.size)
		}
		from := int64(0)
		if earlier := before[h.dir]; earlier != nil { // consistency, by Go's proofs
			from = earlier.size
			proof, err := tlog.ProveTree(h.size, earlier.size, &logs[h.dir])
			if err == nil {
				err = tlog.CheckTree(proof, h.size, h.root, earlier.size, earlier.root)
			}
			if err != nil {
				return "", fmt.Errorf("from %d to %d: %v", earlier.size, h.size, err)
			}
			proofs++
		}
		for n := from; n < h.size; n++ { // inclusion of what the head is the first to cover
			proof, err := tlog.ProveRecord(h.size, n, &logs[h.dir])
			if err == nil {
				err = tlog.CheckRecord(proof, h.size, h.root, n, leaves[h.dir][n])
			}
			if err != nil {
				return "", fmt.Errorf("entry %c %d in %d: %v", 'A'+h.dir, n, h.size, err)
			}
			proofs++
		}
		before[h.dir] = h
	}
	return fmt.Sprintf("%d and %d entries, %d heads, %d tree proofs", len(leaves[0]), len(leaves[1]), len(lines(found["heads"])), proofs), nil
}

var proofForm = regexp.MustCompile(`(?s)^c2sp\.org/tlog-proof@v1\nextra (\S+)\nindex (0|[1-9]\d*)\n((?:\S+\n)*)\n(.*)$`)

func checkProof(text string) (string, error) {
	found, err := withDocuments(text, "proof")
	if err != nil {
		return "", err
	}
	l, err := documents(found)
	if err != nil {
		return "", err
	}
	parts := proofForm.FindStringSubmatch(found["proof"])
	if parts == nil {
		return "", errors.New("not a tlog-proof")
	}
	packed, err := base64.StdEncoding.Strict().DecodeString(parts[1])
	if err != nil {
		return "", err
	}
	n, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return "", err
	}
	value, err := decode(packed)
	if err != nil {
		return "", err
	}
	fields, _ := value.([]interface{})
	if len(fields) != 9 {
		return "", errors.New("the extra data are not the fields of an entry")
	}
	var numbers [5]uint64
	var blobs [4][]byte
	for at, limit := range []uint64{1, 255, 255, 1<<32 - 1, 1<<64 - 1} {
		number, ok := fields[at].(uint64)
		if !ok || number > limit {
			return "", errors.New("a field of the entry is out of range")
		}
		numbers[at] = number
	}
	for at := range blobs {
		blob, ok := fields[5+at].([]byte)
		if !ok || (at < 3 && len(blob) != 32) {
			return "", errors.New("a hash of the entry has the wrong length")
		}
		blobs[at] = blob
	}
	dir := int(numbers[0])
	e := &entry{dir: byte(dir), n: uint64(n), kind: byte(numbers[1]), marks: byte(numbers[2]), time: uint32(numbers[3]), seen: numbers[4], et: blobs[1], blind: blobs[2], body: blobs[3]}
	var path tlog.RecordProof
	for _, text := range lines(parts[3]) {
		hash, err := tlog.ParseHash(text)
		if err != nil {
			return "", err
		}
		path = append(path, hash)
	}
	opened, err := note.Open([]byte(parts[4]), l.verifiers[dir])
	if err != nil {
		return "", err
	}
	head := strings.Split(opened.Text, "\n")
	if len(head) != 4 {
		return "", errors.New("not a checkpoint")
	}
	size, err := strconv.ParseInt(head[1], 10, 64)
	if err != nil {
		return "", err
	}
	root, err := tlog.ParseHash(head[2])
	if err != nil {
		return "", err
	}
	if opened.Text != l.noteText(dir, size, head[2]) {
		return "", errors.New("a checkpoint of another log")
	}
	if err := tlog.CheckRecord(path, size, root, n, l.leafOf(e, blobs[0])); err != nil {
		return "", err
	}
	return fmt.Sprintf("entry %c %d of %d, %d signatures by Ed25519", 'A'+dir, n, size, len(opened.Sigs)), nil
}

func check(text string) (string, error) {
	if strings.HasPrefix(text, "Parley proof, version 1\n") {
		return checkProof(text)
	}
	return checkEvidence(text)
}

// Changes single bytes where every byte counts for this program: entries, or a proof but for its
// ML-DSA signatures.
func changeBytes(text string, times int) error {
	begin, end := strings.Index(text, "\n--- entries\n")+13, strings.Index(text, "\n--- end\n")
	if end < 0 {
		begin, end = strings.Index(text, "\n--- proof\n")+11, strings.LastIndex(text, "\n\n")
	}
	chance := rand.New(rand.NewSource(1))
	for ; times > 0; times-- {
		changed := []byte(text)
		at := begin + chance.Intn(end-begin)
		changed[at] ^= byte(1 + chance.Intn(255))
		if _, err := check(string(changed)); err == nil {
			return fmt.Errorf("byte %d changed from %q to %q, and it passed", at, text[at], changed[at])
		}
	}
	return nil
}

func main() {
	times := flag.Int("change", 0, "change one byte so many times, and expect a refusal")
	flag.Parse()
	for _, file := range flag.Args() {
		text, err := os.ReadFile(file)
		told := ""
		if err == nil {
			told, err = check(string(text))
		}
		if err == nil {
			err = changeBytes(string(text), *times)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			os.Exit(1)
		}
		fmt.Printf("%s: %s; %d changed bytes refused\n", file, told, *times)
	}
}
