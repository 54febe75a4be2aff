// SPDX-License-Identifier: MIT OR Apache-2.0
//! Gives pages of the program's own code back to the system.
//!
//! Code comes into the memory of a process when it first runs, and sixteen pages at a time; it leaves only when the system runs
//! short. What ran once in order to load a model is 10 MB that count as the program's for months. [`release_code`] lets go of all
//! of it; what runs comes back page by page, mostly without the disk, since the system keeps files in its own memory while it has room.
//!
//! It is the one place in the house with a call that the compiler cannot check.
//!
//! ```
//! let released = blufio_pages::release_code()?;
//! assert!(released > 0);
//! # Ok::<(), std::io::Error>(())
//! ```

use std::io;

/// Lets go of the pages that hold this program's code; how many bytes of address space that were.
///
/// Takes microseconds, and then about as much again for each page that is needed after all. Other threads may run meanwhile.
///
/// # Errors
/// Where `/proc` is not there, or the system refuses.
pub fn release_code() -> io::Result<usize> {
    let maps = std::fs::read_to_string("/proc/self/maps")?;
    // Any address in the code will do.
    let here = (release_code as fn() -> io::Result<usize>) as usize;
    let code = maps.lines().find_map(|line| code_around(line, here));
    let (start, length) = code.ok_or_else(|| {
        io::Error::new(io::ErrorKind::NotFound, "the code of the program is not mapped from a file")
    })?;
    release(start, length)?;
    Ok(length)
}

#[allow(unsafe_code)]
fn release(start: usize, length: usize) -> io::Result<()> {
    let place = std::ptr::with_exposed_provenance_mut(start);
    // SAFETY: the range is exactly one mapping of a file, which can be read and run and not written, so that each of its pages
    // equals the file's: the next access reads the same bytes again. A file that runs cannot be written (ETXTBSY), and a program is updated by
    // putting another file in its place.
    let refused = unsafe { libc::madvise(place, length, libc::MADV_DONTNEED) };
    if refused == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Start and length of the mapping in this line of `/proc/self/maps`, if it is code from a file and holds the address.
fn code_around(line: &str, address: usize) -> Option<(usize, usize)> {
    let mut fields = line.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let number = |text: &str| usize::from_str_radix(text, 16).ok();
    let (start, end) = (number(start)?, number(end)?);
    // Private, and never written. What the linker has changed is data, and lies elsewhere.
    let is_code = fields.next()? == "r-xp";
    let from_file = fields.nth(2)? != "0";
    (is_code && from_file && (start..end).contains(&address)).then_some((start, end.checked_sub(start)?))
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd as _;

    use super::*;

    /// A file in memory, as code is, only that nobody runs it: what comes back of the program's own is the kernel's choice, a page,
    /// sixteen, or all of a file that lies in one piece.
    #[allow(unsafe_code)]
    fn map_file(length: usize) -> usize {
        let file = tempfile::tempfile().unwrap();
        file.set_len(length as u64).unwrap();
        // SAFETY: a new mapping where the system likes; nothing refers to it but the test, and it lasts as long as the process.
        let start = unsafe {
            libc::mmap(std::ptr::null_mut(), length, libc::PROT_READ, libc::MAP_PRIVATE, file.as_raw_fd(), 0)
        };
        assert_ne!(start, libc::MAP_FAILED);
        // SAFETY: the whole of that mapping.
        assert_eq!(unsafe { libc::madvise(start, length, libc::MADV_POPULATE_READ) }, 0);
        start.expose_provenance()
    }

    /// KiB of the mapping with this start that are in the memory of this process.
    fn resident(start: usize) -> u64 {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let (_, mapping) = maps.split_once(&format!("{start:x}-")).unwrap();
        let line = mapping.lines().find_map(|line| line.strip_prefix("Rss:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    #[test]
    fn code_leaves_memory() {
        let start = map_file(1 << 20);
        assert_eq!(resident(start), 1024);
        release(start, 1 << 20).unwrap();
        assert_eq!(resident(start), 0);
    }

    #[test]
    fn the_program_runs_on() {
        assert!(release_code().unwrap() > 0);
        assert_eq!(format!("{:?}", [1, 2, 3]), "[1, 2, 3]");
    }

    #[test]
    fn only_code_of_a_file_is_let_go_of() {
        let code = "7f0000001000-7f0000003000 r-xp 00005000 fe:01 1234    /usr/bin/blufio";
        assert_eq!(code_around(code, 0x7f00_0000_2000), Some((0x7f00_0000_1000, 0x2000)));
        assert_eq!(code_around(code, 0x7f00_0000_3000), None);
        for other in ["rw-p 00005000 fe:01 1234", "r--p 00005000 fe:01 1234", "r-xp 00000000 00:00 0"] {
            assert_eq!(code_around(&format!("7f0000001000-7f0000003000 {other}"), 0x7f00_0000_2000), None);
        }
        assert_eq!(code_around("", 0), None);
    }
}
