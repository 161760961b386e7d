// SPDX-License-Identifier: LGPL-2.1-or-later
// A window with a list of the peers that are there. The list of peers is a
// GListModel, so GTK follows it by itself. Run it with `gjs -m`.
//
// usage: peers.js [ADDRESS]
import Gtk from 'gi://Gtk?version=4.0';
import Hein from 'gi://Hein?version=1';

const [address = 'tcp://127.0.0.1:5555'] = ARGV;

function makeRow(item) {
  const row = new Gtk.Box({ spacing: 12, margin_start: 6, margin_end: 6 });

  row.append(new Gtk.Label({ xalign: 0, hexpand: true }));
  row.append(new Gtk.Label({ css_classes: ['dim-label'] }));
  item.child = row;
}

function fillRow(item) {
  const { name, address: where, protocol_name: protocol } = item.item;
  const row = item.child;

  row.get_first_child().label = name;
  row.get_last_child().label = `${where?.to_string() ?? 'here'}, ${protocol}`;
}

function makeList(peers) {
  const factory = new Gtk.SignalListItemFactory();

  factory.connect('setup', (_factory, item) => makeRow(item));
  factory.connect('bind', (_factory, item) => fillRow(item));
  return new Gtk.ListView({
    model: new Gtk.NoSelection({ model: peers }),
    factory,
  });
}

function makeWindow(app, bus) {
  const peers = bus.get_peers();
  const window = new Gtk.ApplicationWindow({
    application: app,
    title: 'Nobody is there',
    default_width: 360,
    default_height: 240,
    child: new Gtk.ScrolledWindow({ child: makeList(peers) }),
  });

  peers.connect('items-changed', () => {
    window.title = bus.peers.map(peer => peer.name).join(', ') || 'Nobody is there';
  });
  window.connect('close-request', () => {
    bus.close_async().catch(logError).finally(() => app.quit());
    return true;
  });
  return window;
}

const app = new Gtk.Application({ application_id: 'org.example.HeinPeers' });

app.connect('activate', () => {
  const bus = new Hein.Bus({ name: 'list' });

  bus.connect('failed', (_bus, _endpoint, error) => printerr(error.message));
  print(`listening on ${bus.listen(address).bound_uri}`);
  makeWindow(app, bus).present();
});
app.run([]);
