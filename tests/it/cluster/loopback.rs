//! Nothing listens beyond loopback.

use std::collections::HashSet;
use std::fs;

use firedrill::cluster::local::processes;

use crate::support::shared;

/// A socket that listens, in /proc/net/tcp.
const LISTEN: &str = "0A";

#[test]
fn nothing_listens_beyond_loopback() {
    let running = processes::of(&shared::cluster().home);
    let sockets: HashSet<String> = running.iter().flat_map(|p| sockets_of(p.pid)).collect();
    let mut seen = 0;
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let Ok(table) = fs::read_to_string(table) else { continue };
        for line in table.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (local, state, inode) = (fields[1], fields[3], fields[9]);
            if state == LISTEN && sockets.contains(inode) {
                assert!(is_loopback(local), "listens on {local}");
                seen += 1;
            }
        }
    }
    // etcd twice, the API server, the controllers, the scheduler, kwok.
    assert_eq!(seen, 6);
}

fn sockets_of(pid: u32) -> Vec<String> {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let targets = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
    targets
        .filter_map(|target| {
            let target = target.to_str()?;
            Some(target.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
        })
        .collect()
}

/// Addresses are hexadecimal, in the byte order of the machine for each 32 bits.
fn is_loopback(address: &str) -> bool {
    let address = address.split(':').next().unwrap();
    let loopback = ["0100007F", "7F000001"];
    loopback.contains(&address)
        || ["00000000000000000000000001000000", "00000000000000000000000000000001"]
            .contains(&address)
        // IPv4 in IPv6.
        || address.starts_with("0000000000000000FFFF0000") && address.ends_with("0100007F")
}

#[test]
fn what_is_loopback() {
    assert!(is_loopback("0100007F:1F90"));
    assert!(is_loopback("00000000000000000000000001000000:1F90"));
    assert!(!is_loopback("00000000:1F90"));
    assert!(!is_loopback("00000000000000000000000000000000:1F90"));
}
