//! Everything that was verified of a role. The exit code depends on nothing but this value.

use super::action_test::ActionTest;
use super::analysis::Analysis;
use super::claim::Claim;
use super::finding::Finding;
use super::note::Note;
use super::organization::OrganizationStanding;
use super::probe::Probe;
use super::twin::Examined;
use crate::desired::aws::Desired;
use crate::iam::lint::{FailOn, Finding as Fault};
use crate::iam::principal::Principal;
use crate::manifest::{PartyName, Vendor};

/// Everything that was verified.
#[derive(Debug)]
pub struct Verification {
    /// What reports call whoever assumes the role.
    pub party: PartyName,
    /// How severe a finding must be to fail the role by itself.
    pub fail_on: FailOn,
    /// The claims, decided from the documents.
    pub claims: Vec<Claim>,
    /// Findings in addition to the claims.
    pub findings: Vec<Finding>,
    /// What AWS itself answered about the role; empty if nothing was asked.
    pub probes: Vec<Probe>,
    /// What AWS itself answered about a twin of the role.
    pub twin: Option<Examined>,
    /// What AWS's own analysers say; empty if none was asked.
    pub analyses: Vec<Analysis>,
    /// What became of the tests of data actions; empty if none was asked for.
    pub actions: Vec<ActionTest>,
    /// How far the organization's policies are part of it.
    pub organization: OrganizationStanding,
    /// What was not looked at, and why.
    pub notes: Vec<Note>,
}

impl Verification {
    /// Nothing yet, about the role that is desired.
    pub fn about(desired: &Desired) -> Self {
        Self {
            party: desired.party(),
            fail_on: desired.fail_on,
            claims: Vec::new(),
            findings: Vec::new(),
            probes: Vec::new(),
            twin: None,
            analyses: Vec::new(),
            actions: Vec::new(),
            organization: OrganizationStanding::default(),
            notes: Vec::new(),
        }
    }

    /// What is decided from the documents of the role that is desired. That says nothing about what the vendor's service lets its
    /// other customers do.
    pub(super) fn on_paper(desired: &Desired, claims: Vec<Claim>, findings: Vec<Fault>) -> Self {
        let of_vendor = |vendor: &Vendor| Note::OtherCustomers {
            vendor: vendor.name.clone(),
            chosen_by: vendor.external_id_chosen_by,
        };
        let account = &desired.home.account;
        let elsewhere = desired.intent().trusted.into_iter().filter_map(|principal| match principal {
            // The account of the party.
            Principal::Root { .. } => None,
            of_role if of_role.account() == Some(account) => None,
            principal => Some(Note::ProbeElsewhere { principal, account: account.clone() }),
        });
        Self {
            claims,
            findings: findings.into_iter().map(Finding::from).collect(),
            notes: desired.vendor.iter().map(of_vendor).chain(elsewhere).collect(),
            ..Self::about(desired)
        }
    }

    /// What AWS answered about the role and about its twin.
    pub fn all_probes(&self) -> impl Iterator<Item = &Probe> {
        self.probes.iter().chain(self.twin.iter().flat_map(|twin| &twin.probes))
    }

    /// The same, to be added to.
    pub(super) fn all_probes_mut(&mut self) -> impl Iterator<Item = &mut Probe> {
        self.probes.iter_mut().chain(self.twin.iter_mut().flat_map(|twin| &mut twin.probes))
    }
}
