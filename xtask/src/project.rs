//! Where things are.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::run::Run;

/// The checkout, and what is built from it.
pub(crate) struct Project {
    /// The root of the checkout.
    pub(crate) root: PathBuf,
    /// For everything that is downloaded or produced by tests; ignored by git.
    pub(crate) build: PathBuf,
}

impl Project {
    /// The checkout that this program was compiled from.
    pub(crate) fn here() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
        Self {
            root: root.to_owned(),
            build: root.join("build"),
        }
    }

    /// The files that git tracks or would track.
    ///
    /// # Errors
    /// Outside a git checkout.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>> {
        let list = Run::new("git", ["ls-files", "--cached", "--others", "--exclude-standard"])
            .in_folder(&self.root)
            .output()?;
        // A file that was removed and not yet committed is still listed.
        Ok(list
            .lines()
            .map(PathBuf::from)
            .filter(|file| self.root.join(file).is_file())
            .collect())
    }

    /// What `cargo metadata` says.
    ///
    /// # Errors
    /// When the manifests are broken.
    pub(crate) fn metadata(&self, dependencies: bool) -> Result<serde_json::Value> {
        let mut arguments = vec!["metadata", "--format-version", "1", "--locked"];
        if !dependencies {
            arguments.push("--no-deps");
        }
        let json = Run::new("cargo", arguments).in_folder(&self.root).output()?;
        serde_json::from_str(&json).context("cargo metadata")
    }

    /// Builds every binary and every example, and says in which folder the binaries are; the examples are in `examples` below it.
    ///
    /// All of them, and with what the tests need of their dependencies, because cargo would otherwise compile the same crates
    /// again for each choice.
    ///
    /// # Errors
    /// When they do not compile.
    pub(crate) fn build(&self) -> Result<PathBuf> {
        self.built(["build", "--workspace", "--bins", "--examples", "--locked"])?;
        Ok(self.target()?.join("debug"))
    }

    /// Builds binaries as users run them, and says where they are.
    ///
    /// # Errors
    /// When they do not compile.
    pub(crate) fn build_release(&self, packages: &[&str]) -> Result<PathBuf> {
        let packages = packages.iter().flat_map(|package| ["--package", package]);
        self.built(["build", "--bins", "--locked", "--release"].into_iter().chain(packages))?;
        Ok(self.target()?.join("release"))
    }

    fn built<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let built = Run::new("cargo", arguments).in_folder(&self.root).shown()?;
        ensure!(built.success, "cargo build failed");
        Ok(())
    }

    fn target(&self) -> Result<PathBuf> {
        let metadata = self.metadata(false)?;
        let target = metadata["target_directory"].as_str().context("no target directory")?;
        Ok(PathBuf::from(target))
    }
}
