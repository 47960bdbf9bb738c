//! What tracked files must not hold.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;

use crate::project::Project;

/// Longer files hold more than one idea.
const MAX_LINES: usize = 800;
/// Folders of every machine; their names say nothing about one.
const COMMON: &[&str] = &[
    "/", "/tmp/", "/home/", "/usr/", "/var/", "/opt/", "/srv/", "/mnt/", "/data/", "/app/",
];

/// Rust files over the limit.
pub(super) fn too_long(project: &Project, files: &[PathBuf]) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
    {
        let lines = fs::read_to_string(project.root.join(file))?.lines().count();
        if lines > MAX_LINES {
            findings.push(format!(
                "{} has {lines} lines, at most {MAX_LINES} are allowed",
                file.display()
            ));
        }
    }
    Ok(findings)
}

/// Places that only exist on the machine of whoever wrote the file.
pub(super) fn machine_paths(project: &Project, files: &[PathBuf]) -> Result<Vec<String>> {
    let checkout = Some(project.root.as_path());
    let around = project.root.parent();
    let home = std::env::home_dir();
    let places: Vec<String> = [checkout, around, home.as_deref()]
        .into_iter()
        .flatten()
        .map(|place| format!("{}/", place.display().to_string().trim_end_matches('/')))
        .filter(|place| !COMMON.contains(&place.as_str()))
        .collect();
    let mut findings = Vec::new();
    for file in files {
        let content = fs::read(project.root.join(file))?;
        // Binary files hold paths only by accident.
        let Ok(text) = String::from_utf8(content) else { continue };
        for (index, line) in text.lines().enumerate() {
            if places.iter().any(|place| line.contains(place)) {
                findings.push(format!(
                    "{}:{} names a folder of this machine",
                    file.display(),
                    index + 1
                ));
            }
        }
    }
    Ok(findings)
}

/// Lock files and settings that send whoever builds this to a package registry of somebody's own.
pub(super) fn registry_hosts(project: &Project, files: &[PathBuf]) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for file in files {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let names_host: fn(&str) -> bool = match name {
            "Cargo.lock" => |line| {
                line.trim_start().starts_with("source = ")
                    && !line.contains("registry+https://github.com/rust-lang/crates.io-index")
            },
            "package-lock.json" => |line| line.trim_start().starts_with("\"resolved\":"),
            ".npmrc" | "pip.conf" => |line| line.contains("://"),
            _ if is_requirements(file) => |line| line.contains("://") || line.trim_start().starts_with('-'),
            _ if file.ends_with(".cargo/config.toml") => |line| line.contains("registry") || line.contains("[source"),
            _ => continue,
        };
        let text = fs::read_to_string(project.root.join(file))?;
        for (index, _) in text.lines().enumerate().filter(|(_, line)| names_host(line)) {
            findings.push(format!("{}:{} names a package registry", file.display(), index + 1));
        }
    }
    Ok(findings)
}

fn is_requirements(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "txt")
        && file
            .file_stem()
            .and_then(|stem| stem.to_str())
            .is_some_and(|stem| stem.starts_with("requirements"))
}
