use serde::{Deserialize, Serialize};

/// What one document may cost. The system enforces memory and time; the rest is counted while reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Address space of the process.
    pub memory_bytes: u64,
    /// Processor time and wall-clock time of the process.
    pub seconds: u64,
    /// Size of the document.
    pub document_bytes: u64,
    /// Entries of an archive.
    pub entries: usize,
    /// Everything that is unpacked from an archive.
    pub inflated_bytes: u64,
    /// How many times larger than its packed form an entry may be. Small entries are not measured.
    pub ratio: u64,
    /// Depth of nested XML elements, groups of RTF, and parts of a letter.
    pub depth: usize,
    /// Markdown of the whole document before a part of it is cut out.
    pub markdown_bytes: usize,
    /// Pages that are read in one call.
    pub pages: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 768 << 20,
            seconds: 40,
            document_bytes: 50 << 20,
            entries: 10_000,
            inflated_bytes: 512 << 20,
            ratio: 200,
            depth: 256,
            markdown_bytes: 32 << 20,
            pages: 150,
        }
    }
}
