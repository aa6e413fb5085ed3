//! Many manifests: what has to be known before the first role's turn, and all of them at work, some at a time.
//!
//! What is shared: a client for all manifests that reach AWS in the same way, the rate that an account allows, and, where it
//! is cheaper, what was read of the account. Nothing that happens to one role keeps the others from their turn.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use futures_util::future::join_all;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use rolecall_aws::{AccountLimits, Aws, AwsSettings};

use super::connected::{Connected, Route, Surroundings};
use super::error::{DoubleClaim, FleetError};
use super::loaded::Loaded;
use crate::exit::ExitCode;
use crate::failure::CommandResult;
use crate::iam::arn::AccountId;
use crate::observe::snapshot::{Snapshot, is_worth_it};
use crate::ports::call::Call;
use crate::ports::{AwsError, AwsErrorKind, Read as _};
use crate::report::{CallsView, End, FleetReport, Report};

/// Roles that are worked on at the same time. Proofs take the one processor in turns; what is waited for is AWS.
const AT_A_TIME: usize = 16;

/// What AWS is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Nothing is written: what is known of the account serves.
    ForLooking,
    /// Something may be written: each role is read by itself.
    ForWriting,
}

/// One manifest, and what its role is reached with.
#[derive(Debug)]
pub struct Member {
    /// As the user named it.
    pub name: String,
    connected: Connected,
    /// Which of the clients is its own.
    client: usize,
    /// Why its account cannot be looked at.
    unreachable: Option<AwsError>,
}

impl Member {
    /// The work on it, where its account can be looked at.
    pub async fn work<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut Connected) -> CommandResult<T>,
    ) -> CommandResult<T> {
        let worked = match &self.unreachable {
            None => work(&mut self.connected).boxed_local().await,
            Some(error) => Err(error.clone().into()),
        };
        worked.map_err(|error| self.connected.told(error))
    }
}

/// How one of several manifests ended. That it failed is a result like any other.
pub fn ended(
    command: &'static str,
    name: &str,
    result: CommandResult<(Report, ExitCode)>,
) -> (Report, ExitCode) {
    let (report, exit) = result.unwrap_or_else(|error| (error.report(command), error.exit));
    (Report { manifest: Some(name.to_owned()), exit, ..report }, exit)
}

/// The members in the order of their manifests, and the clients that they share.
#[derive(Debug)]
pub struct Fleet {
    members: Vec<Member>,
    clients: Vec<Aws>,
    /// What to know about all of it.
    pub notes: Vec<String>,
}

impl Fleet {
    /// Checks everything that can be checked without AWS, asks every account who is calling, and reads those at once that
    /// have many roles to look at.
    pub async fn open(
        manifests: Vec<(Loaded, Route)>,
        surroundings: &Surroundings,
        reads: Reads,
        warn: &mut dyn FnMut(&str),
    ) -> Result<Self, FleetError> {
        let mut clients: Vec<Aws> = Vec::new();
        let mut known: HashMap<AwsSettings, usize> = HashMap::new();
        let mut members = Vec::with_capacity(manifests.len());
        let mut refused = Vec::new();
        for (loaded, Route { settings, genesys }) in manifests {
            let client = match known.get(&settings) {
                Some(client) => *client,
                None => match Aws::connect(&settings).await {
                    Ok(aws) => {
                        clients.push(aws);
                        known.insert(settings, clients.len() - 1);
                        clients.len() - 1
                    }
                    Err(error) => {
                        refused.push((loaded.name, error.into()));
                        continue;
                    }
                },
            };
            let Some(aws) = clients.get(client) else { continue };
            let name = loaded.name.clone();
            match Connected::with(loaded, aws.clone(), genesys, surroundings, warn).await {
                Ok(connected) => members.push(Member { name, connected, client, unreachable: None }),
                Err(error) => refused.push((name, error)),
            }
        }
        if !refused.is_empty() {
            return Err(FleetError::Refused(refused));
        }
        refuse_double_claims(&members, |member| match &member.connected.manifest.access.assume_role {
            Some(assumed) => assumed.role.account.to_string(),
            // Which account it is will only be known when AWS says so.
            None => format!("client {}", member.client),
        })?;
        let mut fleet = Self { members, clients, notes: Vec::new() };
        fleet.meet(reads).await?;
        Ok(fleet)
    }

    async fn meet(&mut self, reads: Reads) -> Result<(), FleetError> {
        let callers = join_all(self.clients.iter().map(Aws::caller)).await;
        let mut limits: HashMap<AccountId, AccountLimits> = HashMap::new();
        let mut accounts: Vec<Option<AccountId>> = Vec::new();
        for (client, caller) in self.clients.iter_mut().zip(&callers) {
            let account = caller.as_ref().ok().map(|caller| caller.account.clone());
            if let Some(account) = &account {
                *client = client.clone().among_many(limits.entry(account.clone()).or_default());
            }
            accounts.push(account);
        }
        refuse_double_claims(&self.members, |member| match accounts.get(member.client) {
            Some(Some(account)) => account.to_string(),
            Some(None) | None => format!("client {}", member.client),
        })?;
        let snapshots = join_all(self.clients.iter().enumerate().map(async |(index, client)| {
            let members: Vec<&Member> = self.members.iter().filter(|member| member.client == index).collect();
            let caller = callers.get(index)?.as_ref().ok()?.clone();
            if reads == Reads::ForWriting || !is_worth_it(members.len()) {
                return None;
            }
            let roles: HashSet<_> =
                members.iter().map(|member| member.connected.manifest.role.name.clone()).collect();
            let functions: Vec<_> =
                members.iter().flat_map(|member| member.connected.addresses.clone()).collect();
            Some(Snapshot::take(client.clone(), caller, &roles, &functions).await.map(Rc::new))
        }))
        .await;
        for (account, snapshot) in accounts.iter().zip(&snapshots) {
            let Some(account) = account else { continue };
            match snapshot {
                Some(Ok(_)) => self.notes.push(format!(
                    "the roles of account {account} were read together, which leaves out the tags of their policies"
                )),
                Some(Err(error)) if error.kind == AwsErrorKind::AccessDenied => {
                    self.notes.push(format!("each role of account {account} was read by itself: {error}"));
                }
                Some(Err(_)) | None => {}
            }
        }
        for member in &mut self.members {
            let Some(client) = self.clients.get(member.client) else { continue };
            member.connected.role.aws = client.clone();
            member.unreachable = callers.get(member.client).and_then(|caller| caller.as_ref().err().cloned());
            match snapshots.get(member.client) {
                Some(Some(Ok(snapshot))) => member.connected.role.snapshot = Some(Rc::clone(snapshot)),
                Some(Some(Err(error))) if error.kind != AwsErrorKind::AccessDenied => {
                    member.unreachable = Some(error.clone());
                }
                Some(Some(Err(_)) | None) | None => {}
            }
        }
        Ok(())
    }

    /// How many manifests there are.
    #[must_use]
    pub fn size(&self) -> usize {
        self.members.len()
    }

    /// Gives each its turn, some at a time. The report is that of all of them without the parts; beside it is what each turn
    /// comes to, in the order of the manifests, and what was sent to AWS.
    pub async fn run<T>(
        self,
        command: &'static str,
        turn: impl AsyncFn(Member) -> (End, T),
    ) -> (FleetReport, Vec<T>, Vec<Call>) {
        let Self { members, clients, notes } = self;
        let turn = &turn;
        let numbered = async |(index, member)| (index, turn(member).boxed_local().await);
        let turns = stream::iter(members.into_iter().enumerate()).map(numbered).buffer_unordered(AT_A_TIME);
        let mut turns: Vec<(usize, (End, T))> = turns.collect().await;
        turns.sort_by_key(|(index, _)| *index);
        let (ends, parts): (Vec<End>, Vec<T>) = turns.into_iter().map(|(_, turn)| turn).unzip();
        let calls: Vec<Call> = clients.iter().flat_map(|client| client.calls().so_far()).collect();
        let summary = CallsView::summarize(&calls);
        let report =
            FleetReport { warnings: notes, calls: summary, ..FleetReport::new(command, &ends, calls.len()) };
        (report, parts, calls)
    }
}

/// Two manifests of one role would undo each other. IAM keeps names unique without regard to case.
fn refuse_double_claims(members: &[Member], account: impl Fn(&Member) -> String) -> Result<(), FleetError> {
    let mut claims: BTreeMap<(String, String), Vec<&Member>> = BTreeMap::new();
    for member in members {
        let role = member.connected.manifest.role.name.as_str().to_lowercase();
        claims.entry((account(member), role)).or_default().push(member);
    }
    let double: Vec<DoubleClaim> = claims
        .values()
        .filter_map(|members| {
            let [first, _, ..] = members.as_slice() else { return None };
            let manifests = members.iter().map(|member| member.name.clone()).collect();
            Some(DoubleClaim { role: first.connected.manifest.role.name.clone(), manifests })
        })
        .collect();
    if double.is_empty() { Ok(()) } else { Err(FleetError::DoubleClaims(double)) }
}
