use crate::{Scope, ScopeKind, ScopeSet};

/// What a credential allows. "No own restriction" and "nothing" are different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grants {
    /// The credential carries no scopes, because its kind has none (an app password): all that the account may do.
    Unrestricted,
    /// Exactly these; an empty set grants nothing.
    Only(ScopeSet),
}

impl Grants {
    /// Whether every scope of `needed` is granted.
    pub const fn allow(self, needed: ScopeSet) -> bool {
        match self {
            Self::Unrestricted => true,
            Self::Only(granted) => granted.contains_all(needed),
        }
    }

    /// Whether `scope` is granted.
    pub const fn allows(self, scope: Scope) -> bool {
        match self {
            Self::Unrestricted => true,
            Self::Only(granted) => granted.contains(scope),
        }
    }

    /// The scopes of `needed` that are not granted.
    pub const fn missing(self, needed: ScopeSet) -> ScopeSet {
        match self {
            Self::Unrestricted => ScopeSet::EMPTY,
            Self::Only(granted) => needed.missing_from(granted),
        }
    }

    /// What is left where a credential allows less than the token that stands before it. Scopes about the person are left
    /// alone: no credential is needed for what they allow.
    #[must_use]
    pub fn limited_to(self, limit: Self) -> Self {
        let Self::Only(limit) = limit else { return self };
        let granted = match self {
            Self::Unrestricted => ScopeSet::all(),
            Self::Only(granted) => granted,
        };
        let left = granted
            .iter()
            .filter(|scope| scope.kind() == ScopeKind::Standard || limit.contains(*scope));
        Self::Only(left.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_granted_is_not_everything_granted() {
        let needed = ScopeSet::EMPTY.with(Scope::NotesRead);
        assert!(Grants::Unrestricted.allow(needed));
        assert!(!Grants::Only(ScopeSet::EMPTY).allow(needed));
        assert_eq!(Grants::Only(ScopeSet::EMPTY).missing(needed), needed);
    }

    #[test]
    fn a_limit_takes_away_and_never_adds() {
        let only = |scopes: &[Scope]| Grants::Only(scopes.iter().copied().collect());
        let granted = only(&[Scope::Openid, Scope::NotesRead, Scope::FilesRead]);
        assert_eq!(granted.limited_to(Grants::Unrestricted), granted);
        let limit = only(&[Scope::NotesRead, Scope::NotesWrite]);
        assert_eq!(granted.limited_to(limit), only(&[Scope::Openid, Scope::NotesRead]));
        assert_eq!(granted.limited_to(only(&[])), only(&[Scope::Openid]));
        assert!(!Grants::Unrestricted.limited_to(only(&[])).allows(Scope::NotesRead));
    }
}
