//! Whether somebody who provisions a role can get beyond its targets: what `rolecall prove --provisions` decides.

use super::claim::ClaimOutcome;
use crate::desired::aws::Home;
use crate::exit::ExitCode;
use crate::extract::{RoleDocuments, Side};
use crate::iam::arn::{FunctionArn, RoleArn};
use crate::iam::document::Document;
use crate::iam::prove::{ProvisioningIntent, Reach, RequiredBoundary, Witness, prove_provisioner};

/// What the holder of a policy is meant to look after.
#[derive(Clone, Debug)]
pub struct Provisions {
    pub role: RoleArn,
    /// What the role may invoke.
    pub targets: Vec<FunctionArn>,
    /// The boundary that the role must have.
    pub boundary: Option<BoundaryPolicy>,
}

/// A permissions boundary.
#[derive(Clone, Debug)]
pub struct BoundaryPolicy {
    pub arn: String,
    /// What it allows, where that is known.
    pub document: Option<Document>,
}

/// What the holder of some policies can reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderProof {
    /// What the file calls the holder; a policy by itself has no name.
    pub holder: Option<String>,
    /// What was decided.
    pub reach: Reach,
    /// What was taken for granted about the file.
    pub notes: Vec<String>,
}

impl HolderProof {
    /// What became of the claim that the holder cannot get beyond the targets.
    pub fn outcome(&self) -> ClaimOutcome {
        match self.reach {
            Reach::Within => ClaimOutcome::Proved,
            Reach::Beyond(_) => ClaimOutcome::Refuted,
            Reach::Unknown { .. } => ClaimOutcome::Unknown,
        }
    }

    /// The requests that lead beyond the targets, in order.
    pub fn chain(&self) -> &[Witness] {
        match &self.reach {
            Reach::Beyond(requests) => requests,
            Reach::Within | Reach::Unknown { .. } => &[],
        }
    }

    /// Why nothing was decided.
    pub fn reasons(&self) -> &[String] {
        match &self.reach {
            Reach::Unknown { reasons } => reasons,
            Reach::Within | Reach::Beyond(_) => &[],
        }
    }
}

/// The holders in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderProofs {
    /// What the file is, and what it is called.
    pub source: String,
    /// The holders; at least one.
    pub holders: Vec<HolderProof>,
}

impl HolderProofs {
    /// The worst outcome.
    pub fn outcome(&self) -> ClaimOutcome {
        let outcomes = || self.holders.iter().map(HolderProof::outcome);
        [ClaimOutcome::Refuted, ClaimOutcome::Unknown]
            .into_iter()
            .find(|bad| outcomes().any(|outcome| outcome == *bad))
            .unwrap_or(ClaimOutcome::Proved)
    }

    /// The exit code that it asks for.
    pub fn exit(&self) -> ExitCode {
        self.outcome().into()
    }
}

/// What a role with these documents can reach. `name` is what the file calls it.
pub fn decide_holder(name: Option<String>, holder: &RoleDocuments, provisions: &Provisions) -> HolderProof {
    let reach = match &holder.permissions {
        Side::Known(documents) => {
            let permissions = documents.for_proof();
            let reach = prove_provisioner(&permissions, holder.arn.as_ref(), &intent(provisions));
            match reach {
                Reach::Within if !holder.permissions_assume.is_empty() => {
                    Reach::Unknown { reasons: holder.permissions_assume.clone() }
                }
                Reach::Within | Reach::Beyond(_) | Reach::Unknown { .. } => reach,
            }
        }
        Side::Unknown(reasons) => Reach::Unknown { reasons: reasons.clone() },
        Side::Absent => Reach::Unknown { reasons: vec!["the file has no identity policy".to_owned()] },
    };
    HolderProof { holder: name, reach, notes: holder.notes.clone() }
}

fn intent(provisions: &Provisions) -> ProvisioningIntent<'_> {
    let Provisions { role, targets, boundary } = provisions;
    let home = Home { partition: role.partition.clone(), account: role.account.clone() };
    ProvisioningIntent {
        role: role.clone(),
        twins: format!("{}*", home.twin_arn_prefix(&role.name, &role.path)),
        policies: format!("{}*", home.policy_arn_prefix(&role.name)),
        targets: targets.clone(),
        boundary: boundary
            .as_ref()
            .map(|BoundaryPolicy { arn, document }| RequiredBoundary { arn, document: document.as_ref() }),
    }
}
