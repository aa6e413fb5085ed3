//! Who can call the sandbox: principals that exist from the start, with credentials that are made up and
//! public.

use super::state::State;

/// The customer's account.
pub const CUSTOMER: &str = "123456789012";
/// The AWS account of Genesys Cloud's commercial regions.
pub const VENDOR: &str = "765628985471";
/// An account that nobody should trust.
pub const STRANGER: &str = "999999999999";

/// A principal that can sign requests from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principal {
    /// `user/administrator` of the customer's account, allowed everything.
    Administrator,
    /// A session of `role/ci` of the customer's account, allowed everything. Its key does not run out.
    Ci,
    /// `user/verifier` of the customer's account; may do nothing until a test or a person gives it a policy.
    Verifier,
    /// `user/nobody` of the customer's account, without permissions.
    Nobody,
    /// A session of `role/data-actions` of the vendor's account, allowed to assume any role. Its key does not
    /// run out.
    Vendor,
    /// `user/stranger` of a third account, allowed everything there.
    Stranger,
}

/// What signs a request.
#[derive(Clone)]
pub struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    /// The session token of temporary credentials.
    pub session_token: Option<String>,
}

/// Who signed a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Caller {
    pub(super) account: String,
    /// As policies and answers name the caller: a user's ARN, or that of an assumed-role session.
    pub(super) arn: String,
    /// `AIDA…`, or `AROA…:session-name`.
    pub(super) user_id: String,
    pub(super) identity: Identity,
}

impl Caller {
    /// The unique ID of the user, or of the session's role.
    pub(super) fn unique_id(&self) -> &str {
        match &self.identity {
            Identity::User { .. } => &self.user_id,
            Identity::Session(session) => &session.role_id,
        }
    }
}

/// What kind of principal the caller is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Identity {
    User { name: String },
    Session(RoleSession),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct RoleSession {
    pub(super) role_name: String,
    pub(super) role_id: String,
    /// The session policies; `None` where none were passed, which is no limit.
    pub(super) policies: Option<Vec<String>>,
    pub(super) tags: super::tags::Tags,
    pub(super) source_identity: Option<String>,
    /// Seconds since 1970.
    pub(super) issued: i64,
}

impl Principal {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Administrator, Self::Ci, Self::Verifier, Self::Nobody, Self::Vendor, Self::Stranger];

    pub fn account(self) -> &'static str {
        match self {
            Self::Administrator | Self::Ci | Self::Verifier | Self::Nobody => CUSTOMER,
            Self::Vendor => VENDOR,
            Self::Stranger => STRANGER,
        }
    }

    /// The ARN that GetCallerIdentity answers.
    pub fn arn(self) -> &'static str {
        match self {
            Self::Administrator => "arn:aws:iam::123456789012:user/administrator",
            Self::Ci => "arn:aws:sts::123456789012:assumed-role/ci/rolecall",
            Self::Verifier => "arn:aws:iam::123456789012:user/verifier",
            Self::Nobody => "arn:aws:iam::123456789012:user/nobody",
            Self::Vendor => "arn:aws:sts::765628985471:assumed-role/data-actions/genesys-cloud",
            Self::Stranger => "arn:aws:iam::999999999999:user/stranger",
        }
    }

    /// The credentials. They end in EXAMPLE, as AWS's own made-up keys do, so that scanners leave them alone.
    pub fn credentials(self) -> Credentials {
        let name = self.key_name();
        Credentials {
            access_key_id: format!("AKIA{name}EXAMPLE"),
            secret_access_key: format!("not-a-secret/{name}/EXAMPLEKEY"),
            session_token: None,
        }
    }

    /// Nine letters.
    fn key_name(self) -> &'static str {
        match self {
            Self::Administrator => "ADMINUSER",
            Self::Ci => "CIROLEKEY",
            Self::Verifier => "VERIFIERS",
            Self::Nobody => "NOBODYATA",
            Self::Vendor => "VENDORKEY",
            Self::Stranger => "STRANGERS",
        }
    }

    /// The principal whose key this is.
    pub(super) fn with_access_key(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|principal| principal.credentials().access_key_id == id)
    }

    /// The caller that this principal is in `state`; none where its user or role was deleted.
    pub(super) fn caller(self, state: &State) -> Option<Caller> {
        let (account, arn) = (self.account().to_owned(), self.arn().to_owned());
        let mut parts = arn.split('/').skip(1);
        let name = parts.next()?.to_owned();
        let (user_id, identity) = match parts.next() {
            None => (state.accounts.get(&account)?.users.get(&name)?.id.clone(), Identity::User { name }),
            Some(session) => {
                let role_id = state.role(&account, &name)?.id.clone();
                let session_id = format!("{role_id}:{session}");
                let tags = super::tags::Tags::default();
                let identity = Identity::Session(RoleSession {
                    role_name: name,
                    role_id,
                    policies: None,
                    tags,
                    source_identity: None,
                    issued: jiff::Timestamp::now().as_second(),
                });
                (session_id, identity)
            }
        };
        Some(Caller { account, arn, user_id, identity })
    }
}
