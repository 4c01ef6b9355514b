//! firedrill as a whole process: its time, its memory, its first word.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// One process, from start to end.
pub struct Measured {
    pub wall: Duration,
    /// Until the first byte on stderr or stdout.
    pub first_output: Duration,
    /// `VmHWM`, as it was last seen.
    pub peak_kib: u64,
}

/// The built program, with its state in `state`.
pub fn firedrill(state: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    command.env("XDG_STATE_HOME", state).env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// Runs it to its end; it must succeed.
pub fn run_firedrill(state: &Path, args: &[&str]) -> Measured {
    let began = Instant::now();
    let mut command = firedrill(state);
    let mut child =
        command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("firedrill starts");
    let (first, heard) = mpsc::channel();
    let streams: [Box<dyn Read + Send>; 2] =
        [Box::new(child.stdout.take().expect("piped")), Box::new(child.stderr.take().expect("piped"))];
    let readers: Vec<_> = streams
        .into_iter()
        .map(|mut stream| {
            let first = first.clone();
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                let mut said = Vec::new();
                while let Ok(read @ 1..) = stream.read(&mut buffer) {
                    let _ = first.send(Instant::now());
                    said.extend_from_slice(&buffer[..read]);
                }
                said
            })
        })
        .collect();
    let mut peak_kib = 0;
    let status = loop {
        peak_kib = peak_kib.max(memory_peak_kib(child.id()).unwrap_or(0));
        match child.try_wait().expect("a child of ours") {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let wall = began.elapsed();
    let said: Vec<Vec<u8>> = readers.into_iter().map(|reader| reader.join().expect("reads")).collect();
    assert!(status.success(), "firedrill {args:?}: {status}\n{}", String::from_utf8_lossy(&said.concat()));
    let first_output = heard.recv().map_or(wall, |at| at - began);
    Measured { wall, first_output, peak_kib }
}

/// The highest resident memory that a process has had so far (Linux).
pub fn memory_peak_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
