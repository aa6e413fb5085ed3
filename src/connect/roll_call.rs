//! Accounts of a roll call: one, several, or all of an organization. Each is read by itself; one that cannot be read does not hide the
//! others.

use std::fmt;

use futures_util::StreamExt as _;
use futures_util::stream;
use rolecall_audit::snapshot::Snapshot;
use rolecall_aws::{Aws, AwsSettings, SettingsError};

use crate::error_code::ErrorCode;
use crate::exit::ExitCode;
use crate::failure::{Coded, Explained, in_full};
use crate::iam::arn::{AccountId, Partition, RoleArn, RoleName, RolePath};
use crate::observe::authorizations::snapshot;
use crate::operations::{AccountsRead, UnreadAccount};
use crate::ports::{AwsError, Read as _, ReadAccount as _, ReadOrganization as _};

/// Accounts that are read at the same time. IAM has a limit for each account, and each is asked in one sequence of pages.
const AT_A_TIME: usize = 16;

/// Why an account cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// How AWS is reached cannot be meant.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// AWS does not answer, or refuses.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The caller's ARN names no partition.
    #[error("AWS calls the caller `{arn}`, which is not an ARN")]
    Caller {
        /// The caller.
        arn: String,
    },
}

impl Coded for AccountError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Settings(error) => error.code(),
            Self::Aws(error) => error.code(),
            Self::Caller { .. } => ErrorCode::Settings,
        }
    }
}

impl Explained for AccountError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        match self {
            Self::Settings(error) => error.explain(),
            Self::Aws(error) => error.explain(),
            Self::Caller { .. } => (ExitCode::Failed, None),
        }
    }
}

/// Reads accounts, each by its own settings. If there is one and it cannot be read, that is an error.
pub async fn read_accounts(settings: &[AwsSettings]) -> Result<AccountsRead, AccountError> {
    let mut read = AccountsRead::default();
    if let [only] = settings {
        let aws = Aws::connect(only).await?;
        let (account, roles) = read_one(&aws).await?;
        add(&mut read, &aws, account, roles);
        return Ok(read);
    }
    let of = |settings: &AwsSettings| {
        let settings = settings.clone();
        async move {
            let aws = Aws::connect(&settings).await?;
            let (account, roles) = read_one(&aws).await?;
            Ok::<_, AccountError>((aws, account, roles))
        }
    };
    let named = settings.iter().map(|settings| (settings, of(settings)));
    let mut answers =
        stream::iter(named.map(|(settings, read)| async move { (settings, read.await) })).buffered(AT_A_TIME);
    while let Some((settings, answer)) = answers.next().await {
        match answer {
            Ok((aws, account, roles)) => add(&mut read, &aws, account, roles),
            Err(error) => read.unread.push(UnreadAccount {
                account: settings.assume_role.as_ref().map(|role| role.account.clone()),
                name: Named(settings).to_string(),
                reason: in_full(&error),
            }),
        }
    }
    Ok(read)
}

/// Reads all active accounts of the caller's organization: its own with the caller's credentials, the others as a role of this name in
/// each of them.
pub async fn read_organization(
    settings: &AwsSettings,
    role: &RoleName,
) -> Result<AccountsRead, AccountError> {
    let aws = Aws::connect(settings).await?;
    let caller = aws.caller().await?;
    let partition = caller.arn.split(':').nth(1).and_then(|partition| partition.parse::<Partition>().ok());
    let partition = partition.ok_or_else(|| AccountError::Caller { arn: caller.arn.clone() })?;
    let accounts = aws.accounts().await?;
    let mut read = AccountsRead::default();
    let of = |account: AccountId| {
        let role = RoleArn {
            partition: partition.clone(),
            account: account.clone(),
            path: RolePath::default(),
            name: role.clone(),
        };
        let settings = AwsSettings { assume_role: Some(role), external_id: None, ..settings.clone() };
        let (aws, is_own) = (aws.clone(), account == caller.account);
        async move {
            let aws = if is_own { aws } else { Aws::connect(&settings).await? };
            let (_, roles) = read_one(&aws).await?;
            Ok::<_, AccountError>((aws, roles))
        }
    };
    let answers = accounts.into_iter().map(|account| {
        let answer = of(account.clone());
        async move { (account, answer.await) }
    });
    let mut answers = stream::iter(answers).buffered(AT_A_TIME);
    while let Some((account, answer)) = answers.next().await {
        match answer {
            Ok((aws, roles)) => add(&mut read, &aws, account, roles),
            Err(error) => read.unread.push(UnreadAccount {
                name: format!("account {account}"),
                account: Some(account),
                reason: in_full(&error),
            }),
        }
    }
    Ok(read)
}

async fn read_one(aws: &Aws) -> Result<(AccountId, Snapshot), AwsError> {
    let (caller, roles) = tokio::try_join!(aws.caller(), aws.authorizations())?;
    Ok((caller.account, snapshot(roles)))
}

fn add(read: &mut AccountsRead, aws: &Aws, account: AccountId, Snapshot { roles, unreadable }: Snapshot) {
    if !read.accounts.contains(&account) {
        read.accounts.push(account);
        read.snapshot.roles.extend(roles);
        read.snapshot.unreadable.extend(unreadable);
    }
    read.calls.extend(aws.calls().so_far());
    aws.calls().forget();
}

/// How an account is reached, in a few words.
struct Named<'s>(&'s AwsSettings);

impl fmt::Display for Named<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.0.assume_role, &self.0.profile) {
            (Some(role), _) => write!(formatter, "the account of role {role}"),
            (None, Some(profile)) => write!(formatter, "the account of profile {profile}"),
            (None, None) => formatter.write_str("the account of the environment"),
        }
    }
}
