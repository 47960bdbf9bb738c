//! `admin`: the accounts of the embedded cloud. The commands are called as those of Nextcloud's `occ`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What an administrator does to accounts. The cloud must not be running.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Make an account of the embedded cloud. Without a password file its password is made up and printed, only now.
    #[command(name = "user:add")]
    Add(AddUser),
    /// List the accounts.
    #[command(name = "user:list")]
    List,
    /// Let an account sign in again.
    #[command(name = "user:enable")]
    Enable {
        /// Its user id.
        user: String,
    },
    /// Shut an account out: password, app passwords and tokens.
    #[command(name = "user:disable")]
    Disable {
        /// Its user id.
        user: String,
    },
    /// Give an account another password. Without a password file it is made up and printed, only now.
    #[command(name = "user:resetpassword")]
    ResetPassword {
        /// Its user id.
        user: String,
        /// File with the new password.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Make an app password for an account and print it, only now.
    #[command(name = "user:auth-tokens:add")]
    AddAppPassword {
        /// Its user id.
        user: String,
        /// The name that the person sees.
        #[arg(long, default_value = "command line")]
        name: String,
    },
    /// Give an account a second factor (TOTP) and print what its authenticator app reads, only now. Another one ends.
    #[command(name = "twofactorauth:enable")]
    EnableSecondFactor {
        /// Its user id.
        user: String,
    },
    /// Take the second factor of an account away.
    #[command(name = "twofactorauth:disable")]
    DisableSecondFactor {
        /// Its user id.
        user: String,
    },
    /// Show or change what somebody prefers: `core` with `lang`, `locale`, `timezone` or `first_day_of_week`.
    #[command(name = "user:setting")]
    Setting(UserSetting),
    /// List the passkeys of an account.
    #[command(name = "user:passkeys:list")]
    ListPasskeys {
        /// Its user id.
        user: String,
    },
    /// Take a passkey of an account away, and end its browser sessions.
    #[command(name = "user:passkeys:remove")]
    RemovePasskey {
        /// Its user id.
        user: String,
        /// The number of the passkey, as listed.
        number: i64,
    },
    /// Put an account into a group; the group `admin` administers the cloud.
    #[command(name = "group:adduser")]
    AddToGroup {
        /// The group, which is made when absent.
        group: String,
        /// The user id.
        user: String,
    },
    /// Take an account out of a group.
    #[command(name = "group:removeuser")]
    RemoveFromGroup {
        /// The group.
        group: String,
        /// The user id.
        user: String,
    },
    /// Make an account an administrator of one group (`isGroupAdmin`); it need not be in it.
    #[command(name = "group:addsubadmin")]
    AddGroupAdministrator {
        /// The group, which has a member.
        group: String,
        /// The user id.
        user: String,
    },
    /// Take a group away from an administrator of it.
    #[command(name = "group:removesubadmin")]
    RemoveGroupAdministrator {
        /// The group.
        group: String,
        /// The user id.
        user: String,
    },
}

/// `user:setting`.
#[derive(Debug, Args)]
pub struct UserSetting {
    /// The user id.
    pub user: String,
    /// Always `core`.
    #[arg(default_value = "core")]
    pub app: String,
    /// What; all of them otherwise.
    pub key: Option<String>,
    /// To what; shown otherwise.
    pub value: Option<String>,
    /// Go back to what is usual.
    #[arg(long, requires = "key", conflicts_with = "value")]
    pub delete: bool,
}

/// `user:add`.
#[derive(Debug, Args)]
pub struct AddUser {
    /// Its user id: letters, digits, spaces and `_.@-'+`.
    pub user: String,
    /// The name that people see; the user id otherwise.
    #[arg(long, value_name = "NAME")]
    pub display_name: Option<String>,
    /// Mail address, with which it may sign in too.
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// Group to put it into; repeatable.
    #[arg(long, short = 'g', value_name = "GROUP")]
    pub group: Vec<String>,
    /// File with its password.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}
