// SPDX-License-Identifier: GPL-2.0-only

//! Scopes, against two chains of domains that are compared link by link.

use super::support::*;
use crate::policy::{
    access::{AccessMasks, Scope, Scopes},
    layer::Layers,
    scope::{is_abstract, is_within, scoping_layer, unfulfilled},
};

use proptest::{collection::vec, prelude::*};

/// A layer: a number that no other layer has, and whether it limits each scope.
type Layer = (u32, [bool; 2]);

const SCOPES: [Scope; 2] = [Scope::AbstractUnixSocket, Scope::Signal];

fn masks(limits: [bool; 2]) -> AccessMasks {
    let limited = SCOPES.into_iter().zip(limits).filter(|(_, limits)| *limits);

    AccessMasks {
        scope: limited.fold(Scopes::empty(), |scopes, (scope, _)| scopes | scope),
        ..AccessMasks::default()
    }
}

fn layers(chain: &[Layer]) -> Layers {
    let (oldest, younger) = chain.split_first().expect("there is a layer");

    younger
        .iter()
        .fold(Layers::first(masks(oldest.1)), |layers, (_, limits)| {
            layers.stack(masks(*limits)).expect("there are 16 layers")
        })
}

/// The reference: a layer with a scope lets the client reach only what is in that scope.
fn denying(client: &[Layer], server: &[Layer], scope: usize) -> Option<usize> {
    client
        .iter()
        .rposition(|layer| layer.1[scope] && !server.contains(layer))
}

/// Two chains that part after `common` layers.
fn related(common: &[[bool; 2]], client: &[[bool; 2]], server: &[[bool; 2]]) -> [Vec<Layer>; 2] {
    let chain = |own: &[[bool; 2]], first: u32| {
        let common = (0..).zip(common.iter().copied());
        let own = (first..).zip(own.iter().copied());

        common.chain(own).collect()
    };

    [chain(client, 100), chain(server, 200)]
}

fn any_limits(count: usize) -> impl Strategy<Value = Vec<[bool; 2]>> {
    vec(any::<[bool; 2]>(), 0..=count)
}

fn assert_expected(common: usize, client: &[Layer], server: &[Layer]) {
    for (position, scope) in SCOPES.into_iter().enumerate() {
        let expected = denying(client, server, position);
        let layers = layers(client);
        let denying = scoping_layer(&layers, scope).filter(|layer| !is_within(*layer, common));
        let left = unfulfilled(&layers, common, Scopes::from(scope));
        let denial = left.youngest_denial();

        for found in [denying, denial.map(|denial| denial.layer)] {
            let found = found.map(|layer| layer.get());
            assert_eq!(found, expected, "{scope:?} {client:?} {server:?}");
        }
        assert!(denial.is_none_or(|denial| denial.missing == Scopes::from(scope)));
    }
}

#[test]
fn every_pair_of_short_chains_is_decided_right() {
    let limits = |bits: usize, count: usize| {
        let limit = |layer| {
            [
                bits >> (2 * layer) & 1 != 0,
                bits >> (2 * layer + 1) & 1 != 0,
            ]
        };

        (0..count).map(limit).collect::<Vec<_>>()
    };

    for common in 0..=2 {
        for of_client in 0..=2 {
            for of_server in 0..=1 {
                if common + of_client == 0 {
                    continue;
                }
                for bits in 0..1 << (2 * (common + of_client)) {
                    let [client, server] = related(
                        &limits(bits, common),
                        &limits(bits >> (2 * common), of_client),
                        &limits(3, of_server),
                    );

                    assert_expected(common, &client, &server);
                }
            }
        }
    }
}

#[test]
fn socket_is_abstract_if_its_path_starts_with_zero() {
    for byte in 0..=u8::MAX {
        assert_eq!(is_abstract(&[byte]), byte == 0);
        assert_eq!(is_abstract(&[byte, 0]), byte == 0);
        assert_eq!(is_abstract(&[byte, b'a']), byte == 0);
    }
    assert!(!is_abstract(&[]));
}

proptest! {
    #[test]
    fn client_reaches_whoever_is_in_all_its_layers_that_limit_it(
        (common, client, server) in (0..=LAYERS).prop_flat_map(|common| {
            let rest = LAYERS - common;

            (vec(any::<[bool; 2]>(), common), any_limits(rest), any_limits(rest))
        }),
    ) {
        let [client, server] = related(&common, &client, &server);

        prop_assume!(!client.is_empty());
        assert_expected(common.len(), &client, &server);
    }

    #[test]
    fn server_inside_the_client_is_always_reached(
        client in vec(any::<[bool; 2]>(), 1..=LAYERS),
        beyond in 0..100usize,
    ) {
        let [client, _] = related(&client, &[], &[]);
        let left = unfulfilled(&layers(&client), client.len() + beyond, Scopes::ALL);

        prop_assert!(left.is_fulfilled());
    }
}
