//! Trouble on demand: what a client must survive, switched on for a test or a demonstration.

use serde::{Deserialize, Serialize};

use super::wire::Reply;

/// What goes wrong from now on. Everything is off by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Added to every call.
    pub latency_ms: u64,
    /// Reads see the state of so long ago.
    pub read_lag_ms: u64,
    /// Decisions (who may do what, AssumeRole, Invoke) see the state of so long ago. IAM's control plane
    /// answers at once while enforcement follows seconds later.
    pub enforcement_lag_ms: u64,
    /// So many seconds is AWS's clock ahead of the callers', where their signatures and sessions are checked.
    pub clock_ahead_s: i64,
    /// While enforcement lags, every second AssumeRole or Invoke sees the present: pass, fail, pass.
    pub flapping: bool,
    /// What is peculiar to Genesys Cloud.
    pub genesys: GenesysFaults,
    /// Calls that fail; the first rule that applies decides.
    pub rules: Vec<FaultRule>,
}

/// What goes wrong in the embedded Genesys Cloud alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GenesysFaults {
    /// Reads, and references to what was made, see the organization of so long ago: what was just created is not
    /// found yet.
    pub read_lag_ms: u64,
    /// So much longer an integration takes to follow its intended state.
    pub activation_ms: u64,
    /// Requests that a token may make in a window; left out, the documented 300.
    pub rate_allowed: Option<u32>,
    /// The length of that window; left out, the documented minute.
    pub rate_window_s: Option<u64>,
    /// What `Retry-After` says where a rule throttles, at least one second.
    pub retry_after_s: u64,
    /// How long new tokens live; left out, as the client is set.
    pub token_lives_s: Option<u32>,
    /// The lists of credentials show none, while each is still found by its ID.
    pub hides_credentials: bool,
}

/// Which calls fail, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// `*`, a service such as `iam:*`, or one operation such as `iam:CreateRole` (the API's name, not the
    /// policy action). Genesys Cloud's are the operations of its SDKs, such as `genesys:postIntegrations`.
    pub operation: String,
    /// Let so many calls pass first.
    #[serde(default)]
    pub skip: u32,
    /// How many calls fail; left out, all of them.
    #[serde(default)]
    pub times: Option<u32>,
    /// How they fail.
    pub fault: Fault,
}

/// A way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The service's own throttling answer.
    Throttle,
    /// AccessDenied, whatever the policies say.
    Deny,
    /// The credentials are out of date.
    Expire,
    /// The connection ends before the call is carried out.
    DropCall,
    /// The call is carried out, and the connection ends before the answer.
    DropReply,
    /// 500.
    Internal,
    /// 503.
    Unavailable,
    /// The call is not carried out; a proxy's page in HTML comes back with status 200.
    Html,
    /// The call is not carried out; status 200 comes back without a body.
    Empty,
    /// The call is not carried out; status 200 comes back with a body that nobody can read.
    Malformed,
    /// The service says that what the call is about does not exist.
    NotFound,
    /// The service says that something of that name is there already.
    Exists,
    /// The service says that somebody changes the same thing at this moment.
    Conflict,
    /// IAM says that the entity, such as one that was deleted and made again, cannot be changed yet.
    Unmodifiable,
    /// The call is carried out, and the connection ends in the middle of the answer.
    Truncate,
    /// The call is carried out and answered a minute later.
    Stall,
    /// The call is not carried out, and nothing is answered for a minute.
    StallCall,
}

impl Faults {
    /// The fault for a call to `operation` (`service:Name`), counting it.
    pub(super) fn next(&mut self, operation: &str) -> Option<Fault> {
        let rule = self.rules.iter_mut().find(|rule| rule.applies_to(operation) && rule.times != Some(0))?;
        if rule.skip > 0 {
            rule.skip -= 1;
            return None;
        }
        if let Some(times) = rule.times.as_mut() {
            *times -= 1;
        }
        Some(rule.fault)
    }
}

impl Fault {
    /// What comes back in the place of the service's answer, where a call does not get as far as the service.
    pub(super) fn substitute(self) -> Option<Reply> {
        match self {
            Self::DropCall | Self::Html => Some(Reply::proxy_page()),
            Self::Empty => Some(Reply::empty(200)),
            Self::Malformed => Some(Reply::unreadable()),
            Self::StallCall => Some(Reply::empty(503)),
            Self::Throttle
            | Self::Deny
            | Self::Expire
            | Self::DropReply
            | Self::Internal
            | Self::Unavailable
            | Self::NotFound
            | Self::Exists
            | Self::Conflict
            | Self::Unmodifiable
            | Self::Truncate
            | Self::Stall => None,
        }
    }
}

impl FaultRule {
    fn applies_to(&self, operation: &str) -> bool {
        match self.operation.strip_suffix('*') {
            Some(prefix) => operation.starts_with(prefix),
            None => self.operation == operation,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, FaultRule, Faults};

    #[test]
    fn rules_count_down_and_then_let_calls_pass() {
        let rule = FaultRule { operation: "iam:*".into(), skip: 1, times: Some(2), fault: Fault::Throttle };
        let mut faults = Faults { rules: vec![rule], ..Faults::default() };
        let answers: Vec<_> =
            ["iam:GetRole", "sts:AssumeRole", "iam:GetRole", "iam:CreateRole", "iam:GetRole"]
                .map(|name| faults.next(name))
                .into();
        assert_eq!(answers, [None, None, Some(Fault::Throttle), Some(Fault::Throttle), None]);
    }

    #[test]
    fn faults_are_readable_from_json() {
        let faults: Faults =
            serde_json::from_str(r#"{"latency_ms":5,"rules":[{"operation":"*","fault":"drop-reply"}]}"#)
                .unwrap();
        assert_eq!(faults.rules[0].fault, Fault::DropReply);
        assert!(serde_json::from_str::<Faults>(r#"{"latency":5}"#).is_err());
    }
}
