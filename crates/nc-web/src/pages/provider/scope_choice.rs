use nc_auth::Scope;

/// The part of a page in which a scope stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScopeGroup {
    /// Who the person is, and what may be read.
    Ordinary,
    /// What may be changed.
    Write,
    /// To go on while the person is away.
    StayConnected,
}

/// One scope with its box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScopeChoice<'a> {
    /// The scope as in tokens; the value that is posted.
    pub name: &'a str,
    /// Whether the box is ticked at first.
    pub checked: bool,
}

impl<'a> ScopeChoice<'a> {
    /// As people read them: who the person is, what may be read, what may be changed, staying connected.
    pub(in crate::pages) fn in_order(scopes: &'a [Self]) -> Vec<&'a Self> {
        let mut ordered: Vec<_> = scopes.iter().collect();
        ordered.sort_by_key(|scope| {
            let who = match scope.name {
                "openid" => 0,
                "profile" => 1,
                "email" => 2,
                _ => 3,
            };
            (scope.group(), who)
        });
        ordered
    }

    /// In which group the scope stands.
    pub fn group(&self) -> ScopeGroup {
        if self.name == "offline_access" {
            ScopeGroup::StayConnected
        } else if self.name.ends_with(":write") {
            ScopeGroup::Write
        } else {
            ScopeGroup::Ordinary
        }
    }

    /// Whether the box cannot be changed: without `openid` there is nobody to give the rest to.
    pub fn is_locked(&self) -> bool {
        self.name == "openid"
    }

    /// What the scope allows, in words; none for a scope that this server does not know.
    pub fn label(&self) -> Option<&'static str> {
        Some(match self.name {
            "profile" => "See your name and profile",
            "email" => "See your email address",
            "roles" => "See your roles",
            "groups" => "See which groups you are in",
            "offline_access" => "Stay connected while you are away, until you disconnect it",
            "admin:read" => "Read this server's accounts, groups and settings",
            "admin:write" => "Change this server's accounts, groups and settings",
            name => Scope::ALL.iter().find(|scope| scope.as_str() == name)?.description(),
        })
    }
}
