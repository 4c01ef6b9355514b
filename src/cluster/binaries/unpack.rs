//! One member out of a `.tar.gz`.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use flate2::read::GzDecoder;

/// Copies the file `member` of `archive` to `target`, and touches nothing else, whatever the
/// archive holds. False where there is no such file in it.
pub(super) fn unpack(archive: &Path, member: &str, target: &Path) -> io::Result<bool> {
    let mut archive = tar::Archive::new(GzDecoder::new(BufReader::new(File::open(archive)?)));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let wanted = entry.header().entry_type().is_file() && entry.path()? == Path::new(member);
        if wanted {
            io::copy(&mut entry, &mut File::create(target)?)?;
            return Ok(true);
        }
    }
    Ok(false)
}
