//! The stages, in the order in which they run: quick ones first, then the whole product from outside.

use std::{
    cell::OnceCell,
    path::{Path, PathBuf},
};

use anyhow::Result;

use super::count::Count;
use crate::{
    check,
    install::{Debian, Installer},
    project::Project,
    run::Run,
    term,
};

pub(super) struct Stage {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) run: fn(&Workshop<'_>) -> Result<Count>,
}

pub(super) const STAGES: &[Stage] = &[
    Stage {
        name: "format",
        about: "cargo fmt",
        run: |workshop| workshop.cargo(&["fmt", "--all", "--check"]),
    },
    Stage {
        name: "clippy",
        about: "lints, warnings are errors",
        run: |workshop| {
            workshop.cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--locked",
                "--keep-going",
                "--",
                "-D",
                "warnings",
            ])
        },
    },
    Stage {
        name: "check",
        about: "arrows between crates, file sizes, machine paths, generated pages",
        run: |workshop| check::run(workshop.project).map(verdict),
    },
    Stage {
        name: "licences",
        about: "licences and origins of dependencies",
        run: |workshop| check::licences(workshop.project).map(verdict),
    },
    Stage {
        name: "unit",
        about: "unit, property and integration tests",
        run: unit,
    },
    Stage {
        name: "doc",
        about: "examples in the documentation, and the documentation itself",
        run: doc,
    },
    Stage {
        name: "recurrence",
        about: "when series take place, compared with python-dateutil and recurring-ical-events",
        run: recurrence,
    },
    Stage {
        name: "conformance",
        about: "the MCP conformance suite, against the product and against the fixtures",
        run: |workshop| workshop.with_node("conformance.py"),
    },
    Stage {
        name: "python-sdk",
        about: "the official Python client, every tool, both protocol eras, HTTP and stdio",
        run: |workshop| workshop.script("python_sdk.py"),
    },
    Stage {
        name: "typescript-sdk",
        about: "both official TypeScript clients, every tool, both protocol eras, HTTP and stdio",
        run: |workshop| workshop.with_node("typescript_sdk.py"),
    },
    Stage {
        name: "litmus",
        about: "the WebDAV suite against the embedded cloud",
        run: |workshop| {
            workshop.installer.debian(Debian {
                program: "litmus",
                package: "litmus",
            })?;
            workshop.script("litmus.py")
        },
    },
    Stage {
        name: "federation",
        about: "Open Cloud Mesh with a peer written on Python libraries, both ways; litmus on the mount of a share",
        run: |workshop| {
            workshop.installer.debian(Debian {
                program: "litmus",
                package: "litmus",
            })?;
            workshop.script("federation.py")
        },
    },
    Stage {
        name: "rclone",
        about: "copy, check and sync with the embedded cloud, both ways",
        run: |workshop| {
            workshop.installer.debian(Debian {
                program: "rclone",
                package: "rclone",
            })?;
            workshop.script("rclone.py")
        },
    },
    Stage {
        name: "dav-clients",
        about: "calendars and address books with the client `caldav`, caldav-server-tester and vdirsyncer",
        run: |workshop| {
            let python = workshop.installer.dav_clients()?;
            workshop.script_with(python, "dav_clients.py")
        },
    },
    Stage {
        name: "login-flow",
        about: "Login Flow v2 in a browser",
        run: |workshop| {
            workshop.installer.debian(Debian {
                program: "chromium",
                package: "chromium",
            })?;
            workshop.with_node("login_flow.py")
        },
    },
    Stage {
        name: "provider-node",
        about: "the OpenID provider with openid-client, oauth4webapi and jose, in a browser",
        run: |workshop| {
            workshop.installer.debian(Debian {
                program: "chromium",
                package: "chromium",
            })?;
            workshop.with_node("provider_node.py")
        },
    },
    Stage {
        name: "pages",
        about: "every page by the rules of axe-core for accessibility, in light and dark, wide and as a phone",
        run: pages,
    },
    Stage {
        name: "provider-python",
        about: "the OpenID provider with Authlib, PyJWT, joserfc and jwcrypto",
        run: |workshop| workshop.script("provider_python.py"),
    },
    Stage {
        name: "provider-openapi",
        about: "the OpenID provider against its OpenAPI description, by schemathesis",
        run: |workshop| workshop.script("provider_openapi.py"),
    },
    Stage {
        name: "mcp-authorization",
        about: "the MCP conformance suite's scenarios for authorization servers",
        run: |workshop| workshop.with_node("mcp_authorization.py"),
    },
    Stage {
        name: "mcp-oauth",
        about: "real MCP clients sign in at the MCP server's own authorization server, in a browser",
        run: |workshop| {
            workshop.installer.debian(Debian {
                program: "chromium",
                package: "chromium",
            })?;
            workshop.with_node("mcp_oauth.py")
        },
    },
    Stage {
        name: "mcp-issuers",
        about: "real MCP clients with the tokens of other issuers; people give access to the Nextcloud in a browser",
        run: |workshop| {
            workshop.installer.debian(Debian {
                program: "chromium",
                package: "chromium",
            })?;
            workshop.with_node("mcp_issuers.py")
        },
    },
    Stage {
        name: "postgres",
        about: "the store on PostgreSQL, and two servers that share a database",
        run: |workshop| {
            workshop.installer.debian(Debian {
                program: "pg_ctlcluster",
                package: "postgresql",
            })?;
            workshop.script("postgres.py")
        },
    },
    Stage {
        name: "durability",
        about: "kill -9 during writes: what was acknowledged is there",
        run: |workshop| workshop.script("durability.py"),
    },
    Stage {
        name: "full-disk",
        about: "writes while there is no room: what was acknowledged is there, and all works again when there is room",
        run: |workshop| workshop.script("full_disk.py"),
    },
];

/// What the stages share: things that are made once.
pub(super) struct Workshop<'a> {
    project: &'a Project,
    installer: Installer<'a>,
    binaries: OnceCell<PathBuf>,
}

impl<'a> Workshop<'a> {
    pub(super) fn new(project: &'a Project) -> Self {
        Self {
            project,
            installer: Installer::new(project),
            binaries: OnceCell::new(),
        }
    }

    fn cargo(&self, arguments: &[&str]) -> Result<Count> {
        // Totals are read from the text, where colours would stand between the words.
        let shown = Run::new("cargo", arguments)
            .in_folder(&self.project.root)
            .set("CARGO_TERM_COLOR", "never")
            .shown()?;
        Ok(Count::of(shown.success, &shown.text))
    }

    /// The folder of the binaries that the scripts run.
    fn binaries(&self) -> Result<&PathBuf> {
        if let Some(folder) = self.binaries.get() {
            return Ok(folder);
        }
        let folder = self.project.build()?;
        Ok(self.binaries.get_or_init(|| folder))
    }

    /// Where an example is.
    fn example(&self, name: &str) -> Result<PathBuf> {
        Ok(self.binaries()?.join("examples").join(name))
    }

    /// Runs a script of `e2e/`.
    fn script(&self, name: &str) -> Result<Count> {
        self.script_with(self.installer.python()?, name)
    }

    /// Runs a script of `e2e/` with an interpreter.
    fn script_with(&self, python: &Path, name: &str) -> Result<Count> {
        let shown = self.prepared(python, name)?.shown()?;
        Ok(Count::of(shown.success, &shown.text))
    }

    /// Runs a script of `e2e/` that uses Node.
    fn with_node(&self, name: &str) -> Result<Count> {
        let node = self.installer.node()?;
        let run = self.prepared(self.installer.python()?, name)?;
        let shown = run
            .set("E2E_NODE", &node.program)
            .set("E2E_NODE_FOLDER", &node.folder)
            .shown()?;
        Ok(Count::of(shown.success, &shown.text))
    }

    fn prepared(&self, python: &Path, name: &str) -> Result<Run> {
        let script = self.project.root.join("e2e").join(name);
        Ok(Run::new(python, [script.as_os_str()])
            .in_folder(&self.project.root)
            .set("PYTHONUNBUFFERED", "1")
            .set("PYTHONDONTWRITEBYTECODE", "1")
            .set("E2E_BINARIES", self.binaries()?)
            .set("E2E_BUILD", &self.project.build))
    }
}

fn verdict(kept: bool) -> Count {
    if kept { Count::PASSED } else { Count::FAILED }
}

fn unit(workshop: &Workshop<'_>) -> Result<Count> {
    if Run::new("cargo-nextest", ["--version"]).succeeds() {
        return workshop.cargo(&["nextest", "run", "--workspace", "--locked", "--no-fail-fast"]);
    }
    term::line("cargo-nextest is not installed; cargo test does the same, more slowly");
    workshop.cargo(&[
        "test",
        "--workspace",
        "--locked",
        "--no-fail-fast",
        "--lib",
        "--bins",
        "--tests",
    ])
}

fn recurrence(workshop: &Workshop<'_>) -> Result<Count> {
    let expand = workshop.example("expand")?;
    let script = workshop.project.root.join("e2e/recurrence.py");
    let shown = Run::new(workshop.installer.python()?, [script.as_os_str()])
        .in_folder(&workshop.project.root)
        .set("PYTHONUNBUFFERED", "1")
        .set("PYTHONDONTWRITEBYTECODE", "1")
        // The pinned database of zones, and not that of the machine.
        .set("PYTHONTZPATH", "")
        .set("E2E_EXPAND", expand)
        .set("E2E_BUILD", &workshop.project.build)
        .shown()?;
    Ok(Count::of(shown.success, &shown.text))
}

fn pages(workshop: &Workshop<'_>) -> Result<Count> {
    workshop.installer.debian(Debian {
        program: "chromium",
        package: "chromium",
    })?;
    let screens = workshop.example("screens")?;
    let node = workshop.installer.node()?;
    let folder = workshop.project.build.join("pages");
    let drawn = Run::new(screens, [folder.as_os_str()])
        .in_folder(&workshop.project.root)
        .shown()?;
    let script = node.folder.join("pages.mjs");
    let shown = Run::new(&node.program, [script.as_os_str(), folder.as_os_str()])
        .in_folder(&workshop.project.root)
        .shown()?;
    Ok([verdict(drawn.success), Count::of(shown.success, &shown.text)]
        .into_iter()
        .sum())
}

fn doc(workshop: &Workshop<'_>) -> Result<Count> {
    let examples = workshop.cargo(&["test", "--workspace", "--locked", "--doc"])?;
    let pages = Run::new(
        "cargo",
        [
            "doc",
            "--workspace",
            "--no-deps",
            "--locked",
            "--keep-going",
            "--document-private-items",
        ],
    )
    .in_folder(&workshop.project.root)
    // The pages are for those who work on the code, so they show private items, and links to them work.
    .set("RUSTDOCFLAGS", "-D warnings -A rustdoc::private-intra-doc-links")
    .shown()?;
    Ok([examples, verdict(pages.success)].into_iter().sum())
}
