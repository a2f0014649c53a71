module.exports = {
  apps: [
    { name: 'php', script: 'artisan', args: 'queue:work --tries=3', interpreter: 'php' },
    { name: 'bin', script: '/usr/bin/env', args: ['node', 'worker.mjs', 'a b'], interpreter: 'none' },
    { name: 'ruby', script: 'clock.rb' },
    { name: 'ts', script: 'src/index.ts', interpreter: 'node', interpreter_args: '--import tsx' },
    { name: 'venv', script: 'manage.py', args: 'runserver', interpreter: './venv/bin/python' },
    { name: 'shell', script: 'cd . && node worker.mjs | cat' },
  ],
};
