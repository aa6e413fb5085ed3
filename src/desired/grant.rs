//! What the grants of a manifest need: the policies, and by themselves the uses that they are for. Pure.
//!
//! The two are written down twice on purpose: the templates in `policies/` say what is stored in IAM, the uses say what a session
//! is meant to do, and the proof compares them.
//!
//! Sources. Recordings: Genesys Cloud Resource Center, "Configure the AWS S3 recording bulk actions integration", as the community's
//! Terraform modules quote it; that the two reads act upon the bucket and the two writes upon its objects: Service Authorization
//! Reference, Amazon S3. The key: Amazon S3 User Guide, "Using server-side encryption with AWS KMS keys"; whether Genesys Cloud also
//! uploads in parts, which needs `kms:Decrypt`, is not published. Lex: Genesys Cloud asks for the managed policies
//! AmazonLexReadOnly and AmazonLexRunBotsOnly (Resource Center, "Configure IAM role with permissions for Amazon Lex app" and "… V2
//! app"); the templates allow what these do with the one bot, without channels, exports, imports and other bots. Which of the reads
//! Genesys Cloud makes is not published. Polly: Amazon Polly Developer Guide, "Actions, permissions, and resources reference"; what
//! Genesys Cloud asks for could not be confirmed. The policy of a key for recordings in Genesys Cloud, which no role has a part in:
//! Resource Center, "Use an AWS KMS symmetric key for recordings".

use std::collections::BTreeMap;

use super::aws::{DesiredError, Home, checked};
use super::template::{Filling, Fillings, Template};
use crate::iam::arn::{ExternalId, Partition, PolicyName, RoleName, Word};
use crate::iam::prove::{Use, UseError};
use crate::iam::quota;
use crate::manifest::{Grant, KeyArn, LexBot, LexBotAlias, Manifest, Recordings};
use rolecall_model::stored::StoredDocument;

const RECORDINGS: Word = Word::new("s3-recordings");
const RECORDINGS_KEY: Word = Word::new("s3-recordings-key");
const LEX: Word = Word::new("lex");
const LEX_V2: Word = Word::new("lex-v2");
const POLLY: Word = Word::new("polly");

/// What the policies for grants are called after the role's name.
const PURPOSES: [Word; 5] = [RECORDINGS, RECORDINGS_KEY, LEX, LEX_V2, POLLY];

/// Whether rolecall gives this name to a policy for grants of the role.
pub fn is_grant_policy_name(name: &PolicyName, role: &RoleName) -> bool {
    PURPOSES.iter().any(|purpose| super::aws::is_name_for(name, role, *purpose))
}

/// The grants of a manifest, by what one policy is made of.
#[derive(Default)]
struct Sorted<'g> {
    recordings: Vec<&'g Recordings>,
    bots: Vec<&'g LexBot>,
    aliases: Vec<&'g LexBotAlias>,
    polly: bool,
}

impl<'g> Sorted<'g> {
    fn of(grants: &'g [Grant]) -> Self {
        let mut sorted = Self::default();
        for grant in grants {
            match grant {
                Grant::Recordings(recordings) => sorted.recordings.push(recordings),
                Grant::Lex(bot) => sorted.bots.push(bot),
                Grant::LexV2(alias) => sorted.aliases.push(alias),
                Grant::Polly => sorted.polly = true,
            }
        }
        sorted
    }

    /// The keys of the buckets by their regions: S3 asks for a key in the region of both.
    fn keys(&self) -> BTreeMap<&'g str, Vec<&'g KeyArn>> {
        let mut keys: BTreeMap<&str, Vec<&KeyArn>> = BTreeMap::new();
        for key in self.recordings.iter().filter_map(|it| it.key.as_ref()) {
            let of_region = keys.entry(key.arn().region.as_str()).or_default();
            if !of_region.contains(&key) {
                of_region.push(key);
            }
        }
        keys
    }
}

fn bucket_arn(recordings: &Recordings, home: &Home) -> String {
    format!("arn:{}:s3:::{}", home.partition, recordings.bucket)
}

fn objects_arn(recordings: &Recordings, home: &Home) -> String {
    let prefix = recordings.prefix.as_ref().map_or("", |prefix| prefix.as_str());
    format!("{}/{prefix}*", bucket_arn(recordings, home))
}

/// Every alias and version of a bot of Lex V1.
fn whole_bot(bot: &LexBot) -> String {
    let arn = bot.arn();
    format!("arn:{}:lex:{}:{}:bot:{}:*", arn.partition, arn.region, arn.account, bot.bot())
}

/// The bot of Lex V2 that an alias belongs to.
fn bot_of(alias: &LexBotAlias) -> String {
    let arn = alias.arn();
    format!("arn:{}:lex:{}:{}:bot/{}", arn.partition, arn.region, arn.account, alias.bot())
}

/// How S3 calls itself where it asks for a key (AWS KMS Developer Guide, "kms:ViaService"). Of other partitions this is not known.
fn s3_of(region: &str) -> String {
    format!("s3.{region}.amazonaws.com")
}

fn once(mut texts: Vec<String>) -> Filling {
    texts.sort();
    texts.dedup();
    Filling::List(texts)
}

/// The policies for the grants: at most one for each kind, and for keys one for each region.
pub fn policies(manifest: &Manifest, home: &Home) -> Result<Vec<(PolicyName, StoredDocument)>, DesiredError> {
    for grant in &manifest.grants {
        let is_elsewhere = |partition: &&str| *partition != home.partition.as_str();
        if let Some(partition) = grant.partition().filter(is_elsewhere) {
            return Err(DesiredError::GrantElsewhere {
                grant: grant.to_string(),
                partition: partition.to_owned(),
                home: home.partition.clone(),
            });
        }
    }
    let has_key = |grant: &Grant| matches!(grant, Grant::Recordings(Recordings { key: Some(_), .. }));
    if !["aws", "aws-us-gov"].contains(&home.partition.as_str()) && manifest.grants.iter().any(has_key) {
        return Err(DesiredError::KeyOfPartition { partition: home.partition.clone() });
    }
    let role = &manifest.role.name;
    let policy = |purpose: Word, index: usize, template: Template, fillings: Fillings| {
        let document = checked(&template, &fillings, quota::check_identity_grammar)?;
        Ok::<_, DesiredError>((PolicyName::of_role(role, purpose, index), document))
    };
    let sorted = Sorted::of(&manifest.grants);
    let mut made = Vec::new();
    if !sorted.recordings.is_empty() {
        let buckets = sorted.recordings.iter().map(|it| bucket_arn(it, home)).collect();
        let objects = sorted.recordings.iter().map(|it| objects_arn(it, home)).collect();
        let fillings = Fillings::from([("buckets", once(buckets)), ("recordings", once(objects))]);
        made.push(policy(RECORDINGS, 0, Template::recordings()?, fillings)?);
    }
    for (index, (region, keys)) in sorted.keys().into_iter().enumerate() {
        let keys = keys.into_iter().map(ToString::to_string).collect();
        let fillings = Fillings::from([("keys", once(keys)), ("s3_service", Filling::Text(s3_of(region)))]);
        made.push(policy(RECORDINGS_KEY, index, Template::recordings_key()?, fillings)?);
    }
    if !sorted.bots.is_empty() {
        let aliases = sorted.bots.iter().map(ToString::to_string).collect();
        let bots = sorted.bots.iter().map(|bot| whole_bot(bot)).collect();
        let fillings = Fillings::from([("bot_aliases", once(aliases)), ("bots", once(bots))]);
        made.push(policy(LEX, 0, Template::lex()?, fillings)?);
    }
    if !sorted.aliases.is_empty() {
        let aliases = sorted.aliases.iter().map(ToString::to_string).collect();
        let bots = sorted.aliases.iter().map(|alias| bot_of(alias)).collect();
        let fillings = Fillings::from([("bot_aliases", once(aliases)), ("bots", once(bots))]);
        made.push(policy(LEX_V2, 0, Template::lex_v2()?, fillings)?);
    }
    if sorted.polly {
        made.push(policy(POLLY, 0, Template::polly()?, Fillings::new())?);
    }
    Ok(made)
}

/// A key policy that lets Genesys Cloud use a key for the recordings of the organization, and nobody else. A key has further
/// statements, so this is no policy to store: whoever stored it alone would lock the account out of its key.
pub fn key_policy(
    manifest: &Manifest,
    organization: &ExternalId,
    partition: &Partition,
) -> Result<StoredDocument, DesiredError> {
    let party = &manifest.party;
    party.check_partition("the key", partition.as_str())?;
    let root = format!("arn:{partition}:iam::{}:root", party.trusted_account());
    let fillings = Fillings::from([
        ("trusted_account_root", Filling::Text(root)),
        ("organization_id", Filling::Text(organization.to_string())),
    ]);
    checked(&Template::key_policy()?, &fillings, |_| Vec::new())
}

/// What a session is meant to do for the grants.
pub fn uses(grants: &[Grant], home: &Home) -> Result<Vec<Use>, UseError> {
    let mut uses = Vec::new();
    let mut add = |actions: &[&str], resource: &str| {
        for action in actions {
            uses.push(Use::new(action, resource)?);
        }
        Ok(())
    };
    for grant in grants {
        match grant {
            Grant::Recordings(recordings) => {
                let bucket = bucket_arn(recordings, home);
                add(&["s3:GetBucketLocation", "s3:GetEncryptionConfiguration"], &bucket)?;
                add(&["s3:PutObject", "s3:PutObjectAcl"], &objects_arn(recordings, home))?;
            }
            Grant::Lex(bot) => {
                let talk = [
                    "lex:PostContent",
                    "lex:PostText",
                    "lex:PutSession",
                    "lex:GetSession",
                    "lex:DeleteSession",
                ];
                add(&talk, &bot.to_string())?;
                add(&["lex:GetBot", "lex:GetBotAlias", "lex:GetBotVersions"], &whole_bot(bot))?;
                add(&["lex:GetBots", "lex:GetBotAliases"], "*")?;
            }
            Grant::LexV2(alias) => {
                let talk = [
                    "lex:RecognizeText",
                    "lex:RecognizeUtterance",
                    "lex:StartConversation",
                    "lex:PutSession",
                    "lex:GetSession",
                    "lex:DeleteSession",
                    "lex:DescribeBotAlias",
                ];
                let read = [
                    "lex:DescribeBot",
                    "lex:DescribeBotLocale",
                    "lex:DescribeBotVersion",
                    "lex:DescribeIntent",
                    "lex:DescribeSlot",
                    "lex:DescribeSlotType",
                    "lex:ListBotAliases",
                    "lex:ListBotLocales",
                    "lex:ListBotVersions",
                    "lex:ListIntents",
                    "lex:ListSlotTypes",
                    "lex:ListSlots",
                ];
                add(&talk, &alias.to_string())?;
                add(&read, &bot_of(alias))?;
                add(&["lex:ListBots"], "*")?;
            }
            Grant::Polly => add(&["polly:DescribeVoices", "polly:SynthesizeSpeech"], "*")?,
        }
    }
    for (region, keys) in Sorted::of(grants).keys() {
        for key in keys {
            let through_s3 =
                Use::new("kms:GenerateDataKey", &key.to_string())?.when("kms:ViaService", &s3_of(region))?;
            uses.push(through_s3);
        }
    }
    Ok(uses)
}

#[cfg(test)]
mod tests;
