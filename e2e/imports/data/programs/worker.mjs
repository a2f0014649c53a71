// Works until it is told to stop.
console.log('worker is ready', process.argv.slice(2).join(' '));
setInterval(() => console.log('tick'), 1_000);
for (const name of ['SIGINT', 'SIGTERM', 'SIGQUIT']) process.on(name, () => process.exit(0));
