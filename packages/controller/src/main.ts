/**
 * Entry point of the controller. Compiled code is kept between starts: a controller that was killed
 * is back in half the time.
 */
import './lean-heap.ts';
import { enableCompileCache } from 'node:module';

enableCompileCache();
await import('./controller-process.ts');
