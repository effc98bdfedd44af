// Read an environment map with three.js' own loader and print its size, a few pixels and its sum as JSON.
// node read_environment.mjs THREE_FOLDER FILE
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [root, file] = process.argv.slice(2);
const find = createRequire(pathToFileURL(`${root}/`));
const load = (name) => import(pathToFileURL(find.resolve(name)).href);
const three = await load('three');
const { HDRLoader, EXRLoader } = await load(`three/examples/jsm/loaders/${file.endsWith('.hdr') ? 'HDR' : 'EXR'}Loader.js`);
const bytes = readFileSync(file);
const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
const { width, height, data } = new (HDRLoader ?? EXRLoader)().setDataType(three.FloatType).parse(buffer);
const sums = [0, 0, 0];
for (let pixel = 0; pixel < width * height; pixel++) for (let c = 0; c < 3; c++) sums[c] += data[4 * pixel + c];
console.log(JSON.stringify({ width, height, channels: data.length / (width * height), sums, data: Array.from(data.slice(0, 4 * width)) }));
