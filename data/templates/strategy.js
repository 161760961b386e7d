// Peers take turns
imports.gi.versions.Hein = '1';
const { GObject, Hein } = imports.gi;

// Say here in a sentence who gets a message.
const @Camel@ = GObject.registerClass({ GTypeName: '@Camel@' },
class @Camel@ extends Hein.Strategy {
  // Chooses who gets a message: here the next one that has room, or the next
  // one when nobody has. Never blocks.
  vfunc_select(peers, key, message, selection) {
    const n = peers.get_n_peers();

    if (n === 0)
      return selection.hold(); // until somebody comes
    const turn = this.turn ?? 0;
    let peer;

    for (let i = turn; i < turn + n; i++) {
      peer = peers.get_peer(i % n);
      if (peer.can_take(message)) {
        this.turn = i % n + 1;
        break;
      }
    }
    selection.add(peer);
  }
});

Hein.plugin_add('@NAME@', @Camel@);
