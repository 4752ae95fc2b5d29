/**
 * `node scripts/run.mjs COMMAND ARGUMENTS`: installs the dependencies if they are missing or out of date,
 * then runs the command from node_modules/.bin. Every npm script starts with it. `node` is such a command
 * too: on a fresh clone this file runs on the machine's Node, and what it starts on the Node of
 * package-lock.json.
 */
import { spawn } from 'node:child_process'
import { installDependencies } from './install.mjs'

const [command = '', ...args] = process.argv.slice(2)

function run() {
  const child = spawn(command, args, { stdio: 'inherit', shell: process.platform === 'win32' })
  // A terminal signals the whole group, but `kill` and `timeout` may reach this process alone.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(error.message)
    process.exitCode = 1
  })
  child.on('exit', (code) => {
    process.exitCode = code ?? 1
  })
}

if (installDependencies()) run()
else process.exitCode = 1
