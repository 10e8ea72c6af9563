//! Records and payloads made by hand, byte for byte as `protocol` describes them.

use super::*;
use autojit_protocol::payload::PAYLOAD_MAGIC;
use autojit_protocol::record::RECORD_MAGIC;

/// Two functions, f (public, calls g) and g (private), one import, and bitcode of five bytes.
fn payload() -> Vec<u8> {
    let mut p = PAYLOAD_MAGIC.to_vec();
    let words = |p: &mut Vec<u8>, words: &[u32]| words.iter().for_each(|w| p.extend(w.to_le_bytes()));
    words(&mut p, &[2, 1, 1, 6]); // functions, imports, callees, string bytes
    p.extend(5u64.to_le_bytes());
    p.extend(0u64.to_le_bytes()); // it is in no frame
    p.extend([0, 0, 1, 1, 0, 0, 0, 0]); // codegen options
    words(&mut p, &[0, 1, 0, 1, 12, FUNCTION_PUBLIC]);
    words(&mut p, &[1, 1, 1, 0, 3, 0]);
    words(&mut p, &[2, 4]); // import "puts"
    words(&mut p, &[1]);
    p.extend(b"fgputs");
    p.resize(p.len().next_multiple_of(8), 0);
    p.extend(b"BC\xc0\xdeX");
    p
}

fn record(payload: &[u8]) -> Vec<u8> {
    let hash = *blake3::hash(payload).as_bytes();
    let record = ModuleRecord {
        magic: RECORD_MAGIC,
        checksum: 0,
        import_count: 1,
        direct_count: 0,
        slot_count: 2,
        payload_size: payload.len() as u64,
        hash,
        slots_offset: 0,
        trampoline_offset: 0,
        late_offset: 0,
        references_offset: 0,
    };
    let mut b = RECORD_MAGIC.to_vec();
    b.extend(record.expected_checksum().to_le_bytes());
    for word in [1u32, 0, 2] {
        b.extend(word.to_le_bytes());
    }
    b.extend(record.payload_size.to_le_bytes());
    b.extend(hash);
    b.resize(ModuleRecord::payload_offset(1), 0);
    b.extend(payload);
    b
}

fn part(records: Vec<u8>, statics: &str) -> Part {
    Part { member: None, records: vec![records], statics: vec![statics.as_bytes().to_vec()], is_late: false }
}

#[test]
fn a_module_is_described_whole() {
    let payload = payload();
    let hash = blake3::hash(&payload).to_hex();
    let report = modules(&part(record(&payload), &format!("M {hash}\nS inline-asm g h\n"))).unwrap();
    let file = FileReport { file: "a.o".to_owned(), modules: report };
    let size = payload.len();
    assert_eq!(
        serde_json::to_string(&file).unwrap(),
        format!(
            r#"{{"file":"a.o","modules":[{{"hash":"{hash}","payload_size":{size},"bitcode_size":5,"binding":"early","imports":["puts"],"functions":[{{"name":"f","kind":"public","size":12,"callees":1}},{{"name":"g","kind":"private","size":3,"callees":0}}],"static":[{{"name":"g h","reason":"inline-asm"}}]}}]}}"#
        )
    );
}

#[test]
fn records_follow_each_other_with_padding() {
    let one = record(&payload());
    let mut all = one.clone();
    all.resize(all.len().next_multiple_of(16) + 32, 0);
    all.extend(&one);
    let hash = blake3::hash(&payload()).to_hex();
    let zero = "0".repeat(64);
    let notes = format!("M {zero}\nS naked n\nM {hash}\nS alias a\nM {hash}\nS alias b\nM {zero}\n\0");
    let found = modules(&part(all, &notes)).unwrap();
    let names: Vec<_> = found.iter().map(|m| (m.functions.len(), m.statics[0].name.as_str())).collect();
    assert_eq!(names, [(2, "a"), (2, "b"), (0, "n")]);
}

#[test]
fn damage_is_an_error_and_never_a_panic() {
    let good = record(&payload());
    for n in 1..good.len() {
        assert!(modules(&part(good[..n].to_vec(), "")).is_err(), "{n} bytes");
    }
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let result = modules(&part(bad, ""));
        // The import entries, what the linker fills in, and padding are nobody's constant.
        let checked = bit / 8 < 64 || bit / 8 >= ModuleRecord::payload_offset(1);
        assert_eq!(result.is_err(), checked, "bit {bit}");
    }
    let zero = "0".repeat(64);
    for notes in ["S a b", "M 12", "X", &format!("M {zero}\nS only"), &format!("M {}", "é".repeat(32))] {
        assert!(modules(&part(vec![], notes)).is_err(), "{notes}");
    }
}
