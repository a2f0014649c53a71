const shared = { PORT: 18210, NODE_ENV: 'production', API_KEY: process.env.API_KEY };

module.exports = {
  apps: ['web', 'worker', 'scheduler'].map((name) => ({
    name,
    script: name === 'web' ? 'server.mjs' : 'worker.mjs',
    env: { ...process.env, ...shared, ROLE: name },
    out_file: `./logs/${name}.out.log`,
    error_file: `./logs/${name}.err.log`,
    merge_logs: true,
    time: true,
  })),
};
