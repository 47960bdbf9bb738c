//! How documents are read.

use std::path::{Path, PathBuf};

use nc_documents::Limits;

use super::{
    Environment,
    layers::{ConfigError, Layers},
    resolve::{Reader, conflict},
};

/// Clients give up after a minute, and the download comes before.
const LONGEST: u64 = 44;

/// How documents are read.
#[derive(Debug, Clone)]
pub struct DocumentSettings {
    /// Whether they are.
    pub enabled: bool,
    /// What one may cost.
    pub limits: Limits,
    /// How many at the same time.
    pub processes: usize,
    /// Tesseract, if it is there.
    pub tesseract: Option<PathBuf>,
    /// Languages for Tesseract.
    pub languages: String,
    /// The program that is started for each document. `None`: none can be read.
    pub executable: Option<PathBuf>,
}

impl DocumentSettings {
    /// Takes from the running process what settings cannot tell: the program itself, and what is installed beside it.
    pub(crate) fn look_around(&mut self, environment: &Environment) {
        self.executable = std::env::current_exe().ok();
        if self.tesseract.is_none() {
            let path = environment.get("PATH").map(String::as_str).unwrap_or_default();
            self.tesseract = std::env::split_paths(path)
                .filter(|folder| folder.is_absolute())
                .map(|folder| folder.join("tesseract"))
                .find(|file| file.is_file());
        }
    }
}

pub(super) fn settings(layers: &Layers, reader: &Reader<'_>) -> Result<DocumentSettings, ConfigError> {
    let languages = reader.text("documents.languages").replace(',', "+");
    let is_plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '+');
    if languages.is_empty() || !languages.chars().all(is_plain) {
        return Err(conflict(
            "documents.languages must be names of languages as Tesseract knows them, such as eng+deu",
        ));
    }
    let tesseract = layers.given("documents.tesseract").map(PathBuf::from);
    // A bare name is looked for on the PATH, as the default is.
    let tesseract = tesseract.filter(|path| path.as_path() != Path::new("tesseract"));
    if let Some(path) = tesseract.as_ref().filter(|path| !path.is_absolute() || !path.is_file()) {
        return Err(conflict(&format!(
            "documents.tesseract: {} is not the whole path of a file",
            path.display()
        )));
    }
    let memory_bytes = u64::from(reader.count("documents.memory_mb")) << 20;
    let document_bytes = match reader.bytes("documents.max_mb") {
        0 => memory_bytes,
        bytes => bytes.min(memory_bytes),
    };
    Ok(DocumentSettings {
        enabled: reader.bool("documents.enabled"),
        limits: Limits {
            memory_bytes,
            seconds: reader.seconds("documents.timeout_s").as_secs().clamp(1, LONGEST),
            document_bytes,
            pages: reader.count("documents.max_pages"),
            ..Limits::default()
        },
        processes: reader.count("documents.processes") as usize,
        tesseract,
        languages,
        executable: None,
    })
}
