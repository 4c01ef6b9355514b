//! A small file system, to be filled up.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system of its own in memory, unmounted when dropped.
pub struct Small(PathBuf);

impl Small {
    /// Mounts `size` (`64k`) at `folder`; nothing where only root could.
    pub fn mount(folder: &Path, size: &str) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder);
        let mounted = mount.output().is_ok_and(|out| out.status.success());
        if !mounted {
            eprintln!("skipped: a small file system can only be mounted as root");
        }
        mounted.then(|| Self(folder.to_owned()))
    }

    /// Takes all the room that is left. The last page of a file that is open still has some.
    pub fn fill(&self) {
        let mut rest = OpenOptions::new().append(true).create(true).open(self.0.join("rest")).unwrap();
        while rest.write_all(&[0; 4096]).is_ok() {}
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
