// SPDX-License-Identifier: GPL-2.0-only

//! Scopes: may a client act on a server?
//!
//! A task inherits the domain of its parent and adds layers to it. So the layers that two domains
//! have in common are the oldest ones of both: those of the last common ancestor of both tasks. In
//! each of these layers, client and server are in the same sandbox. Every other layer of the client
//! is one that the server is not in, and from which the client must not act on it:
//!
//! ```text
//!   client:  0 --- 1 --- 2 --- 3        in common: 2 layers
//!                   \
//!   server:          2'                 layers 2 and 3 of the client decide
//! ```
//!
//! The other layers of the server do not matter: a task may act on what is inside of other
//! sandboxes, but not on what is outside of its own.

use super::{
    access::{Scope, Scopes},
    layer::{Handled, LayerIndex, Layers},
    unfulfilled::Unfulfilled,
};

/// Returns the layer that determines which servers are within `scope` for a client: the youngest
/// one that handles the scope, as no rule grants anything. Without one, all servers are.
pub(crate) fn scoping_layer(client: &Layers, scope: Scope) -> Option<LayerIndex> {
    client.youngest_handling(Scopes::from(scope))
}

/// Returns whether a server is within the scope of the layer at `scoping` of a client.
///
/// The first `common` layers are in common with the domain of the server.
pub(crate) fn is_within(scoping: LayerIndex, common: usize) -> bool {
    scoping.get() < common
}

/// Returns what the layers of a client deny of `requested` on a server.
///
/// The first `common` layers are in common with the domain of the server: they deny nothing.
pub(crate) fn unfulfilled<A: Handled>(
    client: &Layers,
    common: usize,
    requested: A,
) -> Unfulfilled<A> {
    let mut left = Unfulfilled::new(client, requested);

    left.grant_oldest(common);
    left
}

/// Returns whether the address of a UNIX socket is in the abstract namespace.
///
/// `sun_path` has as many bytes as there are: none if the socket has no address.
pub(crate) fn is_abstract(sun_path: &[u8]) -> bool {
    sun_path.first() == Some(&0)
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_scope)]
mod tests {
    use super::super::{access::AccessMasks, layer::TooManyLayers};
    use super::*;

    fn handling(scope: Scopes) -> AccessMasks {
        AccessMasks {
            scope,
            ..AccessMasks::default()
        }
    }

    /// Returns a domain with a layer for each of `scopes`, oldest first, if there is any.
    fn domain(scopes: &[Scopes]) -> Result<Option<Layers>, TooManyLayers> {
        let Some((first, more)) = scopes.split_first() else {
            return Ok(None);
        };

        more.iter()
            .try_fold(Layers::first(handling(*first)), |layers, scope| {
                layers.stack(handling(*scope))
            })
            .map(Some)
    }

    /// Returns the layer that denies a client with `scopes` to send a signal.
    fn signal(scopes: &[Scopes], common: usize) -> Result<Option<usize>, TooManyLayers> {
        let layer = domain(scopes)?.and_then(|client| scoping_layer(&client, Scope::Signal));

        Ok(layer
            .filter(|layer| !is_within(*layer, common))
            .map(|layer| layer.get()))
    }

    /// Returns as many layers that limit signals.
    fn limiting(count: usize) -> &'static [Scopes] {
        const LIMITING: [Scopes; 2] = [Scopes::ALL; 2];

        &LIMITING[..count]
    }

    #[test]
    fn one_layer_at_most_before_and_after_a_fork() -> Result<(), TooManyLayers> {
        for both in 0..2 {
            for parent in 0..2 {
                for child in 0..2 {
                    let to_child = signal(limiting(both + parent), both)?;
                    let to_parent = signal(limiting(both + child), both)?;

                    let denied = |own: usize| match own {
                        0 => None,
                        _ => Some(both),
                    };

                    assert_eq!(to_child, denied(parent));
                    assert_eq!(to_parent, denied(child));
                }
            }
        }
        Ok(())
    }

    #[test]
    fn only_layers_that_handle_the_scope_deny() -> Result<(), TooManyLayers> {
        let other = Scopes::from(Scope::AbstractUnixSocket);
        let limit = Scopes::from(Scope::Signal);

        assert_eq!(signal(&[other, other], 0)?, None);
        assert_eq!(signal(&[limit, other], 0)?, Some(0));
        assert_eq!(signal(&[limit, other], 1)?, None);
        assert_eq!(signal(&[other, limit], 1)?, Some(1));
        assert_eq!(signal(&[limit, limit, other], 1)?, Some(1));
        assert_eq!(signal(&[limit, limit, other], 2)?, None);
        Ok(())
    }

    #[test]
    fn what_rules_may_grant_is_denied_by_the_same_layer() -> Result<(), TooManyLayers> {
        for scopes in (1..=2).map(limiting) {
            for common in 0..3 {
                let left = domain(scopes)?
                    .map(|client| unfulfilled(&client, common, Scopes::from(Scope::Signal)));
                let denial = left.and_then(|left| left.youngest_denial());

                assert_eq!(
                    denial.map(|denial| denial.layer.get()),
                    signal(scopes, common)?
                );
            }
        }
        Ok(())
    }

    #[test]
    fn more_in_common_than_the_client_has_is_harmless() -> Result<(), TooManyLayers> {
        assert_eq!(signal(&[Scopes::ALL], 1)?, None);
        assert_eq!(signal(&[Scopes::ALL], usize::MAX)?, None);
        Ok(())
    }

    #[test]
    fn abstract_addresses_start_with_zero() {
        assert!(is_abstract(b"\0name"));
        assert!(is_abstract(b"\0"));
        assert!(!is_abstract(b"/run/name\0"));
        assert!(!is_abstract(b""));
    }
}
