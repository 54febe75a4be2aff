// SPDX-License-Identifier: MIT OR Apache-2.0
//! One file of the model, inside the program or in a folder, read piece by piece.

use sha2::{Digest, Sha256};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes that are read at a time.
const PIECE: usize = 64 * 1024;

/// A file of the model. It is read, never mapped: what was mapped stays in the memory of the process until somebody else needs
/// it, and the tables are larger than all the rest.
#[derive(Debug)]
pub(crate) enum Part {
    /// In a file, from this place on.
    File { file: File, from: u64, length: u64 },
    /// In the memory of the program.
    #[cfg(feature = "model")]
    Memory(&'static [u8]),
}

impl Part {
    /// A file of its own.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self::File { file, from: 0, length })
    }

    /// What was compiled into the program: read from the file of the program where that holds what it should.
    #[cfg(feature = "model")]
    pub(crate) fn inside(bytes: &'static [u8], sum: &str) -> Self {
        let of_program = place_in_program(bytes).and_then(|from| {
            let file = File::open("/proc/self/exe").ok()?;
            Some(Self::File { file, from, length: u64::try_from(bytes.len()).ok()? })
        });
        of_program.filter(|part| part.sum().is_ok_and(|found| found == sum)).unwrap_or(Self::Memory(bytes))
    }

    /// Bytes in it.
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::File { length, .. } => *length,
            #[cfg(feature = "model")]
            Self::Memory(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        }
    }

    /// Fills the buffer with what lies at this place.
    ///
    /// # Errors
    /// When the disk fails, or the place is past the end.
    pub(crate) fn read_at(&self, place: u64, into: &mut [u8]) -> io::Result<()> {
        match self {
            Self::File { file, from, length } => {
                let wanted = u64::try_from(into.len()).unwrap_or(u64::MAX);
                if place.saturating_add(wanted) > *length {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                file.read_exact_at(into, from + place)
            }
            #[cfg(feature = "model")]
            Self::Memory(bytes) => {
                let start = usize::try_from(place).map_err(|_| io::ErrorKind::UnexpectedEof)?;
                let found = bytes.get(start..).and_then(|rest| rest.get(..into.len()));
                into.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
        }
    }

    /// Hands on everything, piece by piece.
    ///
    /// # Errors
    /// When the disk fails, or `take` does.
    pub(crate) fn each_piece(&self, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        let mut place = 0;
        while place < self.length() {
            let rest = usize::try_from(self.length() - place).unwrap_or(PIECE).min(PIECE);
            let into = piece.get_mut(..rest).unwrap_or_default();
            self.read_at(place, into)?;
            take(into)?;
            place += u64::try_from(rest).unwrap_or(u64::MAX);
        }
        Ok(())
    }

    /// Everything at once.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.each_piece(|piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(bytes)
    }

    /// Everything as text.
    ///
    /// # Errors
    /// When the disk fails, or the bytes are no UTF-8.
    pub(crate) fn text(&self) -> io::Result<String> {
        String::from_utf8(self.bytes()?).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// SHA-256 in hexadecimal digits.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn sum(&self) -> io::Result<String> {
        let mut hasher = Sha256::new();
        self.each_piece(|piece| {
            hasher.update(piece);
            Ok(())
        })?;
        Ok(hex::encode(hasher.finalize()))
    }
}

/// Where in the file of the program these bytes lie, by what the kernel says about its mappings.
#[cfg(feature = "model")]
fn place_in_program(bytes: &[u8]) -> Option<u64> {
    let address = u64::try_from(bytes.as_ptr().addr()).ok()?;
    let end = address.checked_add(u64::try_from(bytes.len()).ok()?)?;
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    maps.lines().find_map(|line| mapped(line, address, end))
}

/// The place in the mapped file, when this line of `/proc/self/maps` holds all of the addresses.
#[cfg(feature = "model")]
fn mapped(line: &str, address: u64, end: u64) -> Option<u64> {
    let mut fields = line.split_ascii_whitespace();
    let (first, last) = fields.next()?.split_once('-')?;
    let number = |text: &str| u64::from_str_radix(text, 16).ok();
    let (first, last) = (number(first)?, number(last)?);
    let offset = number(fields.nth(1)?)?;
    (first <= address && end <= last).then(|| offset + (address - first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_is_read_whole_in_pieces_and_not_past_its_end() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let bytes: Vec<u8> = (0..200_000_u32).map(|at| at as u8).collect();
        file.write_all(&bytes).unwrap();
        let part = Part::open(file.path()).unwrap();
        assert_eq!(part.length(), 200_000);
        assert_eq!(part.sum().unwrap(), hex::encode(Sha256::digest(&bytes)));
        let mut few = [0; 3];
        part.read_at(199_997, &mut few).unwrap();
        assert_eq!(few[..], bytes[199_997..]);
        assert_eq!(part.read_at(199_998, &mut few).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[cfg(feature = "model")]
    #[test]
    fn what_is_inside_the_program_is_read_from_its_file() {
        static BYTES: &[u8] = include_bytes!("model/vocabulary.txt");
        let sum = hex::encode(Sha256::digest(BYTES));
        let part = Part::inside(BYTES, &sum);
        assert!(matches!(part, Part::File { .. }));
        assert_eq!(part.text().unwrap().as_bytes(), BYTES);
        // With another content the memory of the program is what counts.
        let part = Part::inside(BYTES, "another");
        assert!(matches!(part, Part::Memory(_)));
        assert_eq!(part.sum().unwrap(), sum);
    }

    #[cfg(feature = "model")]
    #[test]
    fn a_line_of_the_mappings_tells_the_place_in_the_file() {
        let line = "55d0c0a00000-55d0c0b00000 r--p 00200000 fe:01 1234    /usr/bin/blufio";
        assert_eq!(mapped(line, 0x55d0_c0a0_0010, 0x55d0_c0a0_0020), Some(0x20_0010));
        assert_eq!(mapped(line, 0x55d0_c0a0_0010, 0x55d0_c0b0_0001), None);
        assert_eq!(mapped("", 0, 0), None);
    }
}
