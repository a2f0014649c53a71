// Asks URL 200 times a second, each request on a connection of its own, until stdin ends or SECONDS
// are over; prints what became of it. As a customer would: no second try.
import { get } from 'node:http';

const [url, seconds] = process.argv.slice(2);
let sent = 0;
let failed = 0;
const causes = new Set();
const note = (cause) => {
  failed += 1;
  causes.add(cause);
};

function ask() {
  sent += 1;
  const request = get(url, { agent: false, timeout: 5_000 }, (response) => {
    if (response.statusCode !== 200) note(`status ${response.statusCode}`);
    response.resume();
  });
  request.on('timeout', () => request.destroy(new Error('timeout')));
  request.on('error', (error) => note(error.message));
}

// A late timer makes up for what it missed.
const startMs = performance.now();
const timer = setInterval(() => {
  while (sent < (performance.now() - startMs) / 5) ask();
}, 5);
setTimeout(
  () => {
    clearInterval(timer);
    setTimeout(() => {
      process.stdout.write(`${JSON.stringify({ sent, failed, causes: [...causes] })}\n`);
      process.exit(0);
    }, 500);
  },
  Number(seconds) * 1_000,
);
