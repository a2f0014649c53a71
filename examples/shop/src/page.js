// The page: the newest orders, a button for each article, and the live feed.
const state = document.querySelector('#state');
const rows = document.querySelector('#orders');

async function show() {
  try {
    const response = await fetch('/api/orders?n=12');
    const orders = await response.json();
    if (!response.ok) throw new Error(orders.error);
    rows.replaceChildren(...orders.map(row));
  } catch (error) {
    state.textContent = `The shop does not answer: ${error.message}`;
  }
}

function row({ id, sku, amount, cents, shipped_at: shipped }) {
  const line = document.createElement('tr');
  const price = `${(cents / 100).toFixed(2)} EUR`;
  for (const text of [id, sku, amount, price, shipped === null ? 'soon' : 'yes'])
    line.append(Object.assign(document.createElement('td'), { textContent: text }));
  return line;
}

async function buy(sku) {
  const response = await fetch('/api/orders', { method: 'POST', body: JSON.stringify({ sku }) });
  const answer = await response.json();
  state.textContent = response.ok ? `Order ${answer.id} taken` : `Not sold: ${answer.error}`;
  await show();
}

function listen(waitMs) {
  const socket = new WebSocket(globalThis.shop.feed);
  socket.addEventListener('open', () => socket.send('hello'));
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(data);
    if (message.kind === 'shipped') state.textContent = `Order ${message.id} is on its way`;
    void show();
  });
  const again = Math.min(10_000, waitMs * 2);
  socket.addEventListener('close', () => setTimeout(listen, waitMs * (0.5 + Math.random()), again));
}

for (const sku of ['tea', 'cup', 'pot', 'spoon']) {
  const button = Object.assign(document.createElement('button'), { textContent: `Buy ${sku}` });
  button.addEventListener('click', () => void buy(sku));
  document.querySelector('#buy').append(button);
}
void show();
listen(500);
