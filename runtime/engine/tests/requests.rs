//! Requests that are wrong, modules that are broken, and what sessions share.

mod support;

use autojit_engine::engine::Engine;
use autojit_engine::server::Daemon;
use autojit_protocol::control::{ANSWERS, Announcement, BUFFER_SIZE, Request, filled_words, op, status};
use autojit_protocol::hello::want;
use autojit_protocol::payload::{PAYLOAD_LARGEST, STORED_SIZE};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use support::payload::{PRIVATE, PUBLIC, Payload, bitcode};
use support::program::{Program, open_request, send_payload};
use support::{Client, Place, daemon, hello, receive_welcome};

fn simple(number: u32) -> Payload {
    Payload::c(&format!("int f(int a) {{ return a + {number}; }}"), &[("f", PUBLIC)], &[])
}

fn refused(client: &mut Client, request: Request, buffer: &[u8], expected: u32, text: &str) {
    let reply = client.call(request, buffer);
    let message = client.message(&reply);
    assert_eq!(reply.status, expected, "{message}");
    assert!(message.contains(text), "{message}");
}

#[test]
fn garbage_requests_are_refused_and_the_session_goes_on() {
    let mut client = Client::start(Place::Near);
    let bad = status::BAD_REQUEST;
    let request = Request::default();
    refused(&mut client, Request { op: 77, ..request }, &[], bad, "unknown operation");
    refused(&mut client, Request { op: op::START, args: [4096, 0, 0, 4096], ..request }, &[], bad, "arena");
    refused(&mut client, Request { op: op::MATERIALIZE, module: 9, ..request }, &[], bad, "unknown module");
    refused(
        &mut client,
        Request { op: op::PAYLOAD, module: u32::MAX, ..request },
        &[],
        bad,
        "unknown module",
    );
    refused(
        &mut client,
        Request { op: op::IMPORTS, module: 1, count: u32::MAX, ..request },
        &[],
        bad,
        "imports",
    );
    let payload = simple(1);
    let good = open_request(&payload, 0x1000);
    let too_large = Request { args: [u64::MAX, 0x1000, 0x2000, 0], ..good };
    refused(&mut client, too_large, &payload.hash(), bad, "too large");
    refused(&mut client, Request { index: u32::MAX, ..good }, &payload.hash(), bad, "too large or too small");
    let stored = Request { index: u32::MAX, args: [STORED_SIZE as u64, 0x1000, 0x2000, 0], ..good };
    refused(&mut client, stored, &payload.hash(), bad, "too large or too small");
    let far_slots = Request { args: [good.args[0], u64::MAX - 3, 0x2000, 0], ..good };
    refused(&mut client, far_slots, &payload.hash(), bad, "address space");

    let module = client.call(good, &payload.hash()).values[0] as u32;
    let piece = |offset, size| Request { op: op::PAYLOAD, module, args: [offset, size, 0, 0], ..request };
    refused(&mut client, piece(1, 1), &[], bad, "out of order");
    refused(&mut client, piece(0, 0), &[], bad, "out of order");
    refused(&mut client, piece(0, BUFFER_SIZE as u64 + 1), &[], bad, "out of order");
    refused(&mut client, piece(0, u64::MAX), &[], bad, "out of order");
    refused(&mut client, Request { op: op::MATERIALIZE, module, ..request }, &[], bad, "not complete");
    let imports = Request { op: op::IMPORTS, module, count: 1, ..request };
    refused(&mut client, imports, &[], bad, "out of order");
    let unknown = client.call(piece(0, 10), &payload.bytes()[..10]);
    assert_eq!(unknown.status, status::OK);
    let rest = payload.bytes()[10..].to_vec();
    assert_eq!(client.call(piece(10, rest.len() as u64), &rest).status, status::OK);
    let slot = Request { op: op::MATERIALIZE, module, index: 1, ..request };
    refused(&mut client, slot, &[], bad, "unknown slot");
    assert_eq!(client.call(Request { index: 0, ..slot }, &[]).status, status::OK);
}

/// Announcements as a client puts them behind what it was told.
fn announcements(payloads: &[&Payload], import_count: u32) -> Vec<u8> {
    let mut buffer = vec![0; ANSWERS];
    for payload in payloads {
        let announced = Announcement {
            hash: payload.hash(),
            payload_size: payload.bytes().len() as u64,
            slots: 0x1008,
            trampoline: 0x3000,
            record: 0x4000,
            slot_count: payload.functions.len() as u32,
            import_count,
        };
        // SAFETY: integers without padding.
        buffer.extend_from_slice(unsafe {
            std::slice::from_raw_parts((&raw const announced).cast::<u8>(), size_of::<Announcement>())
        });
        buffer.extend(std::iter::repeat_n(0, 8 * filled_words(announced.slot_count)));
    }
    buffer
}

#[test]
fn announcements_are_taken_only_as_far_as_they_are_whole() {
    let mut client = Client::start(Place::Near);
    let bad = status::BAD_REQUEST;
    let request =
        |count, size| Request { op: op::OPEN_RECALLED, count, args: [size, 1, 0, 0], ..Request::default() };
    let nothing = client.call(Request { op: op::RECALL, ..Request::default() }, &[]);
    assert_eq!((nothing.status, nothing.values[0], nothing.values[1]), (0, 0, 0));
    let payload = simple(4711);
    let one = announcements(&[&payload], 0);
    let size = (one.len() - ANSWERS) as u64;
    refused(&mut client, request(1, u64::MAX), &one, bad, "too many");
    refused(&mut client, request(1, BUFFER_SIZE as u64), &one, bad, "too many");
    refused(&mut client, request(2, size), &one, bad, "cut off");
    refused(&mut client, request(u32::MAX, size), &one, bad, "cut off");
    refused(&mut client, request(1, size - 1), &one, bad, "cut off");
    refused(&mut client, request(1, 0), &one, bad, "cut off");
    refused(&mut client, request(1, size), &announcements(&[&payload], u32::MAX), bad, "cut off");
    // Nobody has brought the payload: the module is not open, and nothing is filled in.
    let reply = client.call(request(1, size), &one);
    assert_eq!((reply.status, reply.values), (0, [0; 4]));
    // Once it was, its word is all that comes: nothing is known of what is used.
    let program = Program::start(Place::Near, payload.clone(), &[]);
    let reply = client.call(request(1, size), &one);
    assert_eq!((reply.status, reply.values[3]), (0, 1));
    let word = client.fixups(1)[0];
    assert_eq!((word.slot, word.code >> 32), (0x1000, 1));
    drop(program);
}

#[test]
fn nothing_before_start() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    daemon().serve(theirs);
    let mut client = Client::connect(ours, Place::Near);
    let request = Request { op: op::MATERIALIZE, ..Request::default() };
    refused(&mut client, request, &[], status::BAD_REQUEST, "not started");
    for base in [0, 1, 1 << 47, u64::MAX - 4095] {
        let start = Request { op: op::START, args: [base, 0, 0, 4096], ..Request::default() };
        refused(&mut client, start, &[], status::BAD_REQUEST, "arena");
    }
}

#[test]
fn payloads_must_have_their_hash_and_be_whole() {
    let mut client = Client::start(Place::Near);
    let payload = simple(2);
    let open = |bytes: &[u8], hash: &[u8], client: &mut Client| {
        let mut request = open_request(&payload, 0x1000);
        request.args[0] = bytes.len() as u64;
        let reply = client.call(request, hash);
        assert_eq!(reply.status, status::OK, "{}", client.message(&reply));
        let reply = send_payload(client, reply.values[0] as u32, bytes);
        (reply.status, client.message(&reply))
    };
    let good = payload.bytes();
    let mut changed = good.clone();
    changed[200] ^= 1;
    let (code, message) = open(&changed, blake3::hash(&good).as_bytes(), &mut client);
    assert_eq!(code, status::BAD_PAYLOAD);
    assert!(message.contains("hash"), "{message}");
    let short = &good[..good.len() - 4];
    let (code, message) = open(short, blake3::hash(short).as_bytes(), &mut client);
    assert_eq!(code, status::BAD_PAYLOAD);
    assert!(message.contains("Bounds"), "{message}");

    // Counts other than the payload's own, now that it is warm, and when it is not.
    assert_eq!(open(&good, blake3::hash(&good).as_bytes(), &mut client).0, status::OK);
    let mut request = open_request(&payload, 0x1000);
    request.index = 2;
    refused(&mut client, request, &payload.hash(), status::BAD_REQUEST, "counts");
    let other = simple(3);
    let mut request = open_request(&other, 0x1000);
    request.index = 2;
    let module = client.call(request, &other.hash()).values[0] as u32;
    let reply = send_payload(&mut client, module, &other.bytes());
    assert_eq!(reply.status, status::BAD_PAYLOAD);
}

#[test]
fn broken_bitcode_fails_one_function_only() {
    let mut empty = simple(4);
    empty.bitcode.clear();
    let mut noise = simple(4);
    noise.bitcode = b"this is not bitcode at all, but some text".to_vec();
    let mut cut = simple(4);
    cut.bitcode.truncate(cut.bitcode.len() / 2);
    let mut unknown = simple(4);
    unknown.functions[0].0 = "nothing_of_this_name".into();
    for payload in [empty, noise, cut, unknown] {
        let program = Program::start(Place::Near, payload, &[]);
        for _ in 0..2 {
            let (code, message) = program.try_materialize(0).unwrap_err();
            assert_eq!(code, status::COMPILE_FAILED);
            assert!(message.starts_with(&program.payload.functions[0].0), "{message}");
        }
    }
}

/// A zstd frame (RFC 8878) that says how long it is, with its content in raw blocks.
fn frame(content: &[u8]) -> Vec<u8> {
    const LARGEST_BLOCK: usize = 128 << 10;
    // Magic number; a single segment, with eight bytes of content size.
    let mut bytes = vec![0x28, 0xb5, 0x2f, 0xfd, 0b1110_0000];
    bytes.extend((content.len() as u64).to_le_bytes());
    let mut blocks = content.chunks(LARGEST_BLOCK).peekable();
    while let Some(block) = blocks.next() {
        let header = (block.len() as u32) << 3 | u32::from(blocks.peek().is_none());
        bytes.extend(&header.to_le_bytes()[..3]);
        bytes.extend(block);
    }
    bytes
}

#[test]
fn bitcode_may_be_in_a_frame_of_the_right_size_only() {
    let plain = simple(5);
    let size = plain.bitcode.len() as u64;
    let framed = |bitcode, expanded_size| Payload { bitcode, expanded_size, ..plain.clone() };
    let program = Program::start(Place::Near, framed(frame(&plain.bitcode), size), &[]);
    program.materialize(0);

    let mut cut = frame(&plain.bitcode);
    cut.truncate(cut.len() - 1);
    for (payload, problem) in [
        (framed(frame(&plain.bitcode), size - 4), "its bitcode"),
        (framed(frame(&plain.bitcode), size + 4), "another size"),
        (framed(cut, size), "its bitcode"),
        (framed(plain.bitcode.clone(), size), "its bitcode"),
        (framed(frame(&plain.bitcode), PAYLOAD_LARGEST + 1), "too large"),
    ] {
        let program = Program::start(Place::Near, payload, &[]);
        let (code, message) = program.try_materialize(0).unwrap_err();
        assert_eq!(code, status::COMPILE_FAILED);
        assert!(message.contains(problem), "{message}");
    }
}

/// Every single changed byte in the bitcode either still makes code or is an error: never the end of the daemon.
#[test]
fn changed_bitcode_does_not_end_the_daemon() {
    let good = Payload::c(
        r#"int g(const char *); int f(int a) { return a > 3 ? g("text") : a * 7; }"#,
        &[("f", PUBLIC)],
        &["g"],
    );
    let step = good.bitcode.len() / 150;
    for at in (0..good.bitcode.len()).step_by(step) {
        let mut payload = good.clone();
        payload.bitcode[at] ^= 0x24;
        let program = Program::start(Place::Near, payload, &[("g", 0x1234)]);
        let _ = program.try_materialize(0);
    }
    let program = Program::start(Place::Near, good, &[("g", 0x1234)]);
    program.materialize(0);
}

#[test]
fn a_symbol_that_nobody_knows_is_named() {
    let source = "int unknown_function(int); int f(int a) { return unknown_function(a); }
                  int good(int a) { return a; }";
    let program =
        Program::start(Place::Near, Payload::c(source, &[("f", PUBLIC), ("good", PUBLIC)], &[]), &[]);
    let (code, message) = program.try_materialize(0).unwrap_err();
    assert_eq!(code, status::COMPILE_FAILED);
    assert!(message.contains("unknown_function"), "{message}");
    program.materialize(1);
}

#[test]
fn thread_local_variables_are_refused() {
    let source = "static __thread int t; int f(int a) { return t += a; }";
    let program = Program::start(Place::Near, Payload::c(source, &[("f", PUBLIC)], &["t"]), &[]);
    let (_, message) = program.try_materialize(0).unwrap_err();
    assert!(message.contains("thread-local"), "{message}");
}

#[test]
fn a_full_arena_is_said_to_be_full() {
    let text = "0123456789abcdef".repeat(2048);
    let function = |n: u32| format!("const char *f{n}(void) {{ return \"{n} {text}\"; }}\n");
    let source: String = (10..80).map(function).collect();
    let names: Vec<String> = (10..80).map(|n| format!("f{n}")).collect();
    let functions: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), PUBLIC)).collect();
    let client = Client::of(&Daemon::new(1 << 20, Engine::default()).unwrap(), Place::Near);
    let program = Program::in_session(client, Payload::c(&source, &functions, &[]), &[]);
    let results: Vec<_> =
        (0..70).map(|index| program.try_materialize(index).map_err(|(code, _)| code)).collect();
    let fits = results.iter().take_while(|result| result.is_ok()).count();
    assert_eq!(fits, 31);
    assert!(results[fits..].iter().all(|result| *result == Err(status::ARENA_FULL)));
    // Asked again, in a session with room.
    let other = Program::start(Place::Near, program.payload.clone(), &[]);
    other.materialize(69);
}

#[test]
fn sessions_at_once_and_later_ones_share_what_is_compiled() {
    let daemon = Daemon::new(1 << 20, Engine::default()).unwrap();
    let source = "static int h(int a) { return a * 3; } int f(int a) { return h(a) + 1; }";
    let payload = Payload::c(source, &[("f", PUBLIC), ("h", PRIVATE)], &[]);
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (payload, daemon) = (payload.clone(), daemon.clone());
            std::thread::spawn(move || {
                let program = Program::in_session(Client::of(&daemon, Place::Near), payload, &[]);
                let f: extern "C" fn(i32) -> i32 = program.function("f");
                assert_eq!(f(5), 16);
                let code = program.materialize(0);
                assert_eq!(code, program.materialize(0), "asked again");
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let compiled = || daemon.engine.statistics.snapshot().compiled;
    let before = compiled();
    assert!(before >= 2);
    Program::in_session(Client::of(&daemon, Place::Near), payload, &[]).materialize(0);
    assert_eq!(compiled(), before);
}

#[test]
fn probes_status_and_strangers() {
    let ask = |bytes: &[u8]| {
        let (ours, theirs) = UnixStream::pair().unwrap();
        daemon().serve(theirs);
        (&ours).write_all(bytes).unwrap();
        ours.shutdown(std::net::Shutdown::Write).unwrap();
        let welcome = receive_welcome(&ours);
        let mut rest = String::new();
        let _ = (&ours).read_to_string(&mut rest);
        (welcome, rest)
    };
    let (probe, _) = ask(&hello(want::PROBE));
    let (again, _) = ask(&hello(want::PROBE));
    assert_eq!(probe.unwrap().0.instance, again.unwrap().0.instance);
    let (_, report) = ask(&hello(want::STATUS));
    assert!(report.contains("functions compiled"), "{report}");
    assert!(ask(b"GET / HTTP/1.1\r\n\r\n........").0.is_none());
    assert!(ask(b"short").0.is_none());
    let mut other_version = hello(want::SESSION);
    other_version[8] ^= 0x7f;
    assert!(ask(&other_version).0.is_none());
}

/// LLVM ends the process over code that it cannot select; here only that function fails.
#[test]
fn a_failure_of_the_code_generator_is_an_error_of_the_function() {
    let source = "
        target triple = \"x86_64-pc-linux-gnu\"
        declare void @llvm.x86.tdpbssd(i8 immarg, i8 immarg, i8 immarg)
        define i32 @bad(i32 %a) {
            call void @llvm.x86.tdpbssd(i8 1, i8 2, i8 3)
            ret i32 %a
        }
        define i32 @good(i32 %a) {
            %r = add i32 %a, 1
            ret i32 %r
        }";
    let payload = Payload::new(bitcode("ir", source, &["-O0"]), &[("bad", PUBLIC), ("good", PUBLIC)], &[]);
    for _ in 0..3 {
        let program = Program::start(Place::Near, payload.clone(), &[]);
        let (code, message) = program.try_materialize(0).unwrap_err();
        assert_eq!(code, status::COMPILE_FAILED);
        assert!(message.contains("Cannot select"), "{message}");
        let good: extern "C" fn(i32) -> i32 = program.function("good");
        assert_eq!(good(4), 5);
    }
}
