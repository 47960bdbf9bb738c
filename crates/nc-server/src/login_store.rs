//! The account that `login` keeps: one file, readable by its owner only.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::config::{ConfigError, Environment};

/// What is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeptLogin {
    /// Address of the Nextcloud.
    pub(crate) url: String,
    /// Login name.
    pub(crate) login_name: String,
    /// App password.
    pub(crate) app_password: String,
}

/// Where it is kept: `$XDG_CONFIG_HOME/nextcloud-mcp/login.toml`, else below `~/.config`.
pub(crate) fn path(environment: &Environment) -> Option<PathBuf> {
    let set = |name: &str| environment.get(name).filter(|value| !value.is_empty());
    let base = match (set("XDG_CONFIG_HOME"), set("HOME"), set("APPDATA")) {
        (Some(base), ..) => PathBuf::from(base),
        (None, Some(home), _) => Path::new(home).join(".config"),
        (None, None, Some(data)) => PathBuf::from(data),
        (None, None, None) => return None,
    };
    Some(base.join("nextcloud-mcp").join("login.toml"))
}

/// The kept account, if there is one.
///
/// # Errors
/// [`ConfigError::File`] when the file is there and cannot be used.
pub(crate) fn find(environment: &Environment) -> Result<Option<KeptLogin>, ConfigError> {
    let Some(path) = path(environment) else { return Ok(None) };
    let refuse = |cause: String| ConfigError::File {
        path: path.display().to_string(),
        cause,
    };
    match fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text)
            // The library's message would quote the line with the password.
            .map_err(|_| refuse("it is damaged; run `nextcloud-mcp login URL` again".to_owned()))
            .map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(refuse(error.to_string())),
    }
}

/// Keeps an account: written beside, then put in place, never readable by others.
pub(crate) fn keep(environment: &Environment, login: &KeptLogin) -> anyhow::Result<PathBuf> {
    let path = path(environment).ok_or_else(|| anyhow::anyhow!("neither XDG_CONFIG_HOME nor HOME is set"))?;
    let folder = path.parent().ok_or_else(|| anyhow::anyhow!("no folder to write to"))?;
    fs::create_dir_all(folder)?;
    let beside = path.with_extension("toml.new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(toml::to_string(login)?.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, &path)?;
    Ok(path)
}

/// Forgets the account.
pub(crate) fn forget(environment: &Environment) -> std::io::Result<()> {
    match path(environment).map(fs::remove_file) {
        Some(Err(error)) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_again_and_private() {
        let home = tempfile::tempdir().expect("folder");
        let environment: Environment = [("HOME".to_owned(), home.path().display().to_string())].into();
        assert!(find(&environment).expect("readable").is_none());
        let login = KeptLogin {
            url: "https://c.example".into(),
            login_name: "alice".into(),
            app_password: "a\"b".into(),
        };
        let path = keep(&environment, &login).expect("kept");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                fs::metadata(&path).expect("metadata").permissions().mode() & 0o777,
                0o600
            );
        }
        assert_eq!(
            find(&environment).expect("readable").expect("kept").app_password,
            "a\"b"
        );
        fs::write(&path, "app_password = \"secret").expect("damaged");
        let error = find(&environment).err().expect("an error").to_string();
        assert!(error.contains("damaged") && !error.contains("secret"), "{error}");
        forget(&environment).expect("forgotten");
        forget(&environment).expect("twice is fine");
        assert!(find(&environment).expect("readable").is_none());
    }
}
