// Runs the load generator in a process of its own. Each message is a slice, and the answer is its result.
import { runSlice, type Slice } from './load.js';

process.on('message', (slice: Slice) => void runSlice(slice).then((result) => process.send?.(result)));
process.on('disconnect', () => process.exit());
