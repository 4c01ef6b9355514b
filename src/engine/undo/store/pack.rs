//! Records that are too large for one object of the cluster: compressed, and cut into parts.

use std::io::{self, Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What one record may weigh before it is compressed, bytes: more than both images of the
/// largest object that the API server keeps.
pub const LARGEST: usize = 8 * 1024 * 1024;
/// What a part may weigh, bytes; 700 KiB in base64, well under the API server's 1 MiB.
const PART: usize = 512 * 1024;
/// No record has more parts; one that does not compress has this many.
const MOST_PARTS: usize = LARGEST / PART + 1;

/// How the parts of a record are put together again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Parts {
    /// The number of the first one; every try to change an object has numbers of its own.
    pub first: u32,
    /// How many there are.
    pub count: u32,
    /// Of all parts together, in hexadecimal digits.
    pub sha256: String,
}

impl Parts {
    /// The numbers of the parts; nothing where no firedrill makes so many.
    pub fn numbers(&self) -> Option<std::ops::Range<u32>> {
        let end = self.first.checked_add(self.count)?;
        (usize::try_from(self.count).ok()? <= MOST_PARTS).then_some(self.first..end)
    }
}

/// The parts of a record's text, numbered from `first`.
pub(super) fn pack(text: &str, first: u32) -> io::Result<(Parts, Vec<Vec<u8>>)> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(text.as_bytes())?;
    let packed = packer.finish()?;
    let cut: Vec<Vec<u8>> = packed.chunks(PART).map(<[u8]>::to_vec).collect();
    let count = u32::try_from(cut.len()).map_err(io::Error::other)?;
    Ok((Parts { first, count, sha256: sum(&packed) }, cut))
}

/// The text again. What was not written by [`pack`] is refused before it fills the memory.
pub(super) fn unpack(parts: &Parts, cut: &[Vec<u8>]) -> Result<String, String> {
    let packed = cut.concat();
    if sum(&packed) != parts.sha256 {
        return Err("its parts do not have the checksum that it names".to_owned());
    }
    let mut text = String::new();
    let most = u64::try_from(LARGEST).map_err(|error| error.to_string())?;
    let read = GzDecoder::new(packed.as_slice()).take(most + 1).read_to_string(&mut text);
    match read {
        Ok(read) if read > LARGEST => Err(format!("unpacked it has more than {LARGEST} bytes")),
        Ok(_) => Ok(text),
        Err(error) => Err(format!("its parts cannot be unpacked: {error}")),
    }
}

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text that hardly compresses.
    fn noise(bytes: usize) -> String {
        let mut random = fastrand::Rng::with_seed(7);
        std::iter::repeat_with(|| random.alphanumeric()).take(bytes).collect()
    }

    #[test]
    fn a_record_comes_out_as_it_went_in() {
        for bytes in [0, 1, 100_000, 2 * 1024 * 1024] {
            let text = noise(bytes);
            let (parts, cut) = pack(&text, 3).unwrap();
            assert_eq!(parts.numbers().unwrap().len(), cut.len());
            assert!(cut.iter().all(|part| part.len() <= PART));
            assert_eq!(unpack(&parts, &cut).unwrap(), text);
        }
        let (parts, cut) = pack(&noise(LARGEST), 0).unwrap();
        assert!(cut.len() > 1 && parts.numbers().is_some(), "{parts:?}");
    }

    #[test]
    fn what_is_missing_changed_or_exchanged_is_noticed() {
        let (parts, mut cut) = pack(&noise(2 * 1024 * 1024), 0).unwrap();
        assert!(unpack(&parts, &cut[..cut.len() - 1]).is_err());
        cut.swap(0, 1);
        assert!(unpack(&parts, &cut).is_err());
        cut.swap(0, 1);
        cut[0][9] ^= 1;
        assert_eq!(unpack(&parts, &cut).unwrap_err(), "its parts do not have the checksum that it names");
    }

    #[test]
    fn a_bomb_does_not_fill_the_memory() {
        let (parts, cut) = pack(&" ".repeat(LARGEST + 1), 0).unwrap();
        assert_eq!(cut.len(), 1);
        assert_eq!(unpack(&parts, &cut).unwrap_err(), format!("unpacked it has more than {LARGEST} bytes"));
        let many = Parts { first: u32::MAX, count: 1, sha256: String::new() };
        assert_eq!(many.numbers(), None);
        let many = Parts { first: 0, count: 1000, sha256: String::new() };
        assert_eq!(many.numbers(), None);
    }
}
