use http::Method;
use nc_auth::{Grants, Scope, ScopeKind, ScopeSet};

use crate::{SignedIn, auth::SignedInBy};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody; a credential is not even looked at.
    Public,
    /// Everybody; a good credential gives a fuller answer. A bad password counts as a failed attempt and as none (P08); a
    /// bad token is refused, because no token is ever taken for an anonymous request.
    Optional,
    /// What belongs to the password that is used. Tokens end elsewhere.
    Password,
    /// What changes the account itself or makes credentials, which no scope covers: passwords without scopes only.
    /// Nextcloud asks for a confirmed password here, and a token never counts as one.
    Unscoped,
    /// The account's own record and the way to its collections: `profile` or any app's scope.
    Own,
    /// Accounts and groups of other people: a token needs `admin:read` or `admin:write` and an administrator's account. With
    /// a password the handler decides, as everybody may ask about oneself.
    Administration,
    /// Credentials that hold the scope of the request's method.
    Scoped {
        /// For methods that only read: GET, HEAD, OPTIONS, PROPFIND, REPORT, SEARCH.
        read: Scope,
        /// For all others. Does not imply `read`.
        write: Scope,
    },
    /// Credentials that hold one of the two scopes of the request's method. The handler shows and takes only what the
    /// credential's scopes are for.
    ScopedEither {
        /// For methods that only read.
        read: [Scope; 2],
        /// For all others.
        write: [Scope; 2],
    },
}

/// What the gate does with a signed-in request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Pass,
    /// When the account is an administrator's.
    PassAdministrator,
    /// Any one scope would do; these are the ones to ask for.
    Needs(ScopeSet),
    /// No scope would do.
    Never,
}

impl Access {
    /// [`Access::Scoped`], shorter.
    pub const fn scoped(read: Scope, write: Scope) -> Self {
        Self::Scoped { read, write }
    }

    /// The scopes that a request with `method` needs.
    pub fn needed(self, method: &Method) -> ScopeSet {
        let by_method = |read, write| ScopeSet::EMPTY.with(if only_reads(method) { read } else { write });
        match self {
            Self::Public | Self::Optional | Self::Password | Self::Unscoped => ScopeSet::EMPTY,
            Self::Own => ScopeSet::EMPTY.with(Scope::Profile),
            Self::Administration => by_method(Scope::AdminRead, Scope::AdminWrite),
            Self::Scoped { read, write } => by_method(read, write),
            Self::ScopedEither { read, write } => {
                let either = if only_reads(method) { read } else { write };
                either.into_iter().collect()
            }
        }
    }

    /// Every scope that opens the route for some method, for descriptions of an interface.
    pub fn scopes(self) -> ScopeSet {
        match self {
            Self::Public | Self::Optional | Self::Password | Self::Unscoped => ScopeSet::EMPTY,
            Self::Own => ScopeSet::EMPTY.with(Scope::Profile),
            Self::Administration => ScopeSet::EMPTY.with(Scope::AdminRead).with(Scope::AdminWrite),
            Self::Scoped { read, write } => ScopeSet::EMPTY.with(read).with(write),
            Self::ScopedEither { read, write } => read.into_iter().chain(write).collect(),
        }
    }

    /// Default deny: what no rule lets pass is refused.
    pub(super) fn judge(self, method: &Method, signed_in: &SignedIn) -> Verdict {
        let is_token = signed_in.by == SignedInBy::Token;
        let Grants::Only(granted) = signed_in.grants else {
            return if is_token { Verdict::Never } else { Verdict::Pass };
        };
        let needed = self.needed(method);
        match self {
            Self::Public | Self::Optional => Verdict::Pass,
            Self::Password if !is_token => Verdict::Pass,
            Self::Own if granted.contains_any(about_the_person()) => Verdict::Pass,
            Self::Administration if is_token && granted.contains_all(needed) => Verdict::PassAdministrator,
            Self::Scoped { .. } if granted.contains_all(needed) => Verdict::Pass,
            Self::ScopedEither { .. } if granted.contains_any(needed) => Verdict::Pass,
            Self::Password | Self::Unscoped => Verdict::Never,
            Self::Administration if !is_token => Verdict::Never,
            Self::Own | Self::Administration | Self::Scoped { .. } | Self::ScopedEither { .. } => {
                Verdict::Needs(needed)
            }
        }
    }
}

/// `profile` and every app's scope.
fn about_the_person() -> ScopeSet {
    let of_apps = Scope::ALL
        .iter()
        .copied()
        .filter(|scope| scope.kind() == ScopeKind::App);
    of_apps.collect::<ScopeSet>().with(Scope::Profile)
}

pub(crate) fn only_reads(method: &Method) -> bool {
    matches!(
        method.as_str(),
        "GET" | "HEAD" | "OPTIONS" | "PROPFIND" | "REPORT" | "SEARCH"
    )
}

#[cfg(test)]
mod tests {
    use nc_auth::UserId;

    use super::*;

    fn judge(access: Access, method: &Method, by: SignedInBy, scopes: &[Scope]) -> Verdict {
        let signed_in = SignedIn {
            user: UserId::new("alice"),
            grants: Grants::Only(scopes.iter().copied().collect()),
            by,
        };
        access.judge(method, &signed_in)
    }

    #[test]
    fn the_scope_follows_the_method() {
        let access = Access::scoped(Scope::FilesRead, Scope::FilesWrite);
        for (method, scope) in [
            ("GET", Scope::FilesRead),
            ("PROPFIND", Scope::FilesRead),
            ("SEARCH", Scope::FilesRead),
            ("PUT", Scope::FilesWrite),
            ("PROPPATCH", Scope::FilesWrite),
            ("LOCK", Scope::FilesWrite),
            ("MADE-UP", Scope::FilesWrite),
        ] {
            let needed = access.needed(&Method::from_bytes(method.as_bytes()).unwrap());
            assert_eq!(needed, ScopeSet::EMPTY.with(scope), "{method}");
        }
    }

    #[test]
    fn writing_does_not_imply_reading() {
        let access = Access::scoped(Scope::FilesRead, Scope::FilesWrite);
        let token = |method| judge(access, &method, SignedInBy::Token, &[Scope::FilesWrite]);
        assert_eq!(token(Method::PUT), Verdict::Pass);
        assert_eq!(
            token(Method::GET),
            Verdict::Needs(ScopeSet::EMPTY.with(Scope::FilesRead))
        );
    }

    #[test]
    fn every_app_scope_opens_the_own_record_and_others_do_not() {
        for scope in Scope::ALL {
            let opens = judge(Access::Own, &Method::GET, SignedInBy::Token, &[*scope]) == Verdict::Pass;
            let expected = *scope == Scope::Profile || scope.kind() == ScopeKind::App;
            assert_eq!(opens, expected, "{scope}");
        }
    }

    #[test]
    fn a_token_is_no_confirmed_password_whatever_its_scopes() {
        for access in [Access::Unscoped, Access::Password] {
            assert_eq!(
                judge(access, &Method::PUT, SignedInBy::Token, Scope::ALL),
                Verdict::Never
            );
        }
        let unbounded = SignedIn {
            user: UserId::new("alice"),
            grants: Grants::Unrestricted,
            by: SignedInBy::Token,
        };
        assert_eq!(Access::Own.judge(&Method::GET, &unbounded), Verdict::Never);
    }
}
